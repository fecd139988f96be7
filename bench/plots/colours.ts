/** One colour per contender in every chart: ours in blues, the others apart from each other and from ours. */
const COLOURS: Record<string, string> = {
	client: '#005eb8',
	'client-level-1': '#41b6e6',
	'client-one-by-one': '#7c9fc4',
	engine: '#003087',
	curl: '#768692',
	'n8n-helper': '#ea4b71',
	'n8n-helper-8': '#f4a6b7',
	'n8n-hand-made': '#ea4b71',
	python: '#ffb81c',
	'python-requests': '#d5881e',
	npm: '#8a1538',
};

export const colourOf = (contender: string): string => COLOURS[contender] ?? '#425563';
