/** What n8n says of a node or credential that it has loaded. */
export interface LoadedType {
	name: string;
	displayName?: string;
	group?: string[];
	inputs?: unknown;
	outputs?: unknown;
	credentials?: Array<{ name: string; testedBy?: unknown }>;
	properties?: unknown[];
}

const PREFIX = 'n8n-nodes-nhs-mesh.';
const AI_TOOL = 'ai_tool';

interface Expected {
	displayName: string;
	group?: string;
	outputs: (outputs: string) => boolean;
}

/** By the names that a package installed from the editor gives them. */
const NODES: Readonly<Record<string, Expected>> = {
	mesh: { displayName: 'NHS MESH', group: 'transform', outputs: (outputs) => outputs === '["main"]' },
	meshTrigger: { displayName: 'NHS MESH Trigger', group: 'trigger', outputs: (outputs) => outputs === '["main","main"]' },
	meshTool: { displayName: 'NHS MESH Tool', outputs: (outputs) => outputs.includes(AI_TOOL) },
};

/** Both nodes, the tool that n8n makes of one, and the credential: each there once and of its type, and nothing else. */
export function loadedProblems(nodes: LoadedType[], credentials: LoadedType[]): string[] {
	const ours = nodes.filter(({ name }) => name.startsWith(PREFIX));
	const unknown = ours.filter(({ name }) => !Object.hasOwn(NODES, name.slice(PREFIX.length)));
	const credential = credentials.filter(({ name }) => name === 'meshApi');
	return [
		...Object.entries(NODES).flatMap(([name, expected]) =>
			nodeProblems(
				name,
				expected,
				ours.filter((node) => node.name === PREFIX + name),
			),
		),
		...unknown.map(({ name }) => `n8n also loaded ${name}`),
		...(credential.length > 0 ? [] : ['n8n has not loaded the credential meshApi']),
		...(credential.every(({ displayName, properties = [] }) => displayName === 'NHS MESH API' && properties.length > 5)
			? []
			: ['the credential meshApi is not as it should be']),
	];
}

function nodeProblems(name: string, { displayName, group, outputs }: Expected, found: LoadedType[]): string[] {
	if (found.length === 0) return [`n8n has not loaded ${PREFIX}${name}`];
	const [node] = found;
	return [
		...(node.displayName === displayName ? [] : [`${name} is called "${node.displayName}"`]),
		...(group === undefined || node.group?.includes(group) ? [] : [`${name} is not of the group ${group}`]),
		...(outputs(JSON.stringify(node.outputs)) ? [] : [`${name} has the outputs ${JSON.stringify(node.outputs)}`]),
		...(node.credentials?.some((one) => one.name === 'meshApi') ? [] : [`${name} does not take the credential meshApi`]),
	];
}
