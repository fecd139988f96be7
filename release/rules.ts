/** What a release of this package must fulfil, as functions of what is found. Each gives the complaints; none is good. */

interface Manifest {
	dependencies?: Record<string, string>;
	scripts?: Record<string, string>;
	files?: string[];
	bundleDependencies?: unknown;
	gypfile?: boolean;
	publishConfig?: { provenance?: boolean };
}

export interface LockedPackage {
	version?: string;
	integrity?: string;
	resolved?: string;
	link?: boolean;
	dev?: boolean;
	peer?: boolean;
	optional?: boolean;
	devOptional?: boolean;
	hasInstallScript?: boolean;
	dependencies?: Record<string, string>;
	devDependencies?: Record<string, string>;
	peerDependencies?: Record<string, string>;
}

interface Lockfile {
	lockfileVersion?: number;
	packages?: Record<string, LockedPackage>;
}

/** undici, whose reason is in docs/architecture.md, and nothing else. */
const RUNTIME = ['undici'];
const REGISTRY = 'https://registry.npmjs.org/';
/** Scripts that npm runs on the machine of whoever installs the package, or when it is packed. */
const INSTALL_SCRIPTS = [
	'preinstall',
	'install',
	'postinstall',
	'prepare',
	'preprepare',
	'postprepare',
	'prepack',
	'postpack',
	'prepublish',
];

export function manifestProblems(manifest: Manifest): string[] {
	const { dependencies = {}, scripts = {}, files = [] } = manifest;
	return [
		...Object.keys(dependencies)
			.filter((name) => !RUNTIME.includes(name))
			.map((name) => `runtime dependency ${name}`),
		...Object.keys(scripts)
			.filter((name) => INSTALL_SCRIPTS.includes(name))
			.map((name) => `script ${name}`),
		...(manifest.bundleDependencies === undefined ? [] : ['bundled dependencies']),
		...(manifest.gypfile === undefined ? [] : ['native code']),
		...(files.length === 1 && files[0] === 'dist' ? [] : ['files other than dist are published']),
		...(manifest.publishConfig?.provenance === true ? [] : ['publishing without provenance']),
	];
}

/** Every package by its SHA-512 from a registry, what ships without install scripts, and all of it as package.json asks. */
export function lockfileProblems({ lockfileVersion, packages = {} }: Lockfile, manifest: object): string[] {
	const root = packages[''] ?? {};
	const wanted = (['dependencies', 'devDependencies', 'peerDependencies'] as const).filter(
		(kind) =>
			JSON.stringify(sorted(root[kind])) !== JSON.stringify(sorted(Reflect.get(manifest, kind) as Record<string, string> | undefined)),
	);
	const entries = Object.entries(packages).filter(([path]) => path !== '');
	const shipped = Object.entries(shippedOf(packages));
	return [
		...(lockfileVersion === 3 ? [] : ['another version of the lockfile']),
		...wanted.map((kind) => `${kind} differ from package.json`),
		...entries
			.filter(([, { integrity, link }]) => link === true || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))
			.map(([path]) => `${path} has no SHA-512`),
		...entries
			.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith(REGISTRY))
			.map(([path]) => `${path} does not come from ${REGISTRY}`),
		...shipped.filter(([path]) => !RUNTIME.includes(path.replace('node_modules/', ''))).map(([path]) => `${path} would be installed`),
		...shipped.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => `${path} runs a script when it is installed`),
	];
}

/** The packages of a lockfile that come with this one: neither for development nor expected of the host. */
export function shippedOf<T extends LockedPackage>(packages: Record<string, T>): Record<string, T> {
	return Object.fromEntries(
		Object.entries(packages).filter(([path, { dev, peer, devOptional }]) => path !== '' && !dev && !peer && !devOptional),
	);
}

function sorted(names: Record<string, string> = {}): Array<[string, string]> {
	return Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Compiled code, its types, the icons, and the papers. */
const PUBLISHED = /^(package\.json|README\.md|LICENSE\.md|CHANGELOG\.md|dist\/(credentials|nodes)\/[\w./-]+\.(js|d\.ts|svg|png|json))$/;
const MAX_PACKED_BYTES = 1024 * 1024;

export function contentProblems(files: Array<{ path: string; size: number }>): string[] {
	const size = files.reduce((sum, file) => sum + file.size, 0);
	return [
		...files.filter(({ path }) => !PUBLISHED.test(path)).map(({ path }) => `${path} is published`),
		...(size <= MAX_PACKED_BYTES ? [] : [`${size} bytes are published`]),
		...(files.some(({ path }) => path === 'dist/nodes/Mesh/Mesh.node.js') ? [] : ['the node is missing: run npm run build first']),
	];
}

/** A private key as it stands in a file, also with its line breaks spelled out; a mere mention of its first line is none. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\r|\\n)*(?:[A-Za-z0-9+/=]|\s|\\r|\\n){100,}/;
const KEY_FILE = /\.(pem|key|p12|pfx|jks|keystore|der|crt|cer|csr)$/i;

export function keyProblem(path: string, content: string): string | undefined {
	if (KEY_FILE.test(path)) return `${path} is a file of keys or certificates`;
	return PRIVATE_KEY.test(content) ? `${path} holds a private key` : undefined;
}

/** What CHANGELOG.md must have for a version, in the form of Keep a Changelog 1.1.0. */
export function changelogProblems(changelog: string, version: string): string[] {
	const headings = [...changelog.matchAll(/^## \[([^\]]+)\](?: - (.*))?$/gm)];
	const [, , date] = headings.find(([, name]) => name === version) ?? [];
	if (!headings.some(([, name]) => name === version)) return [`CHANGELOG.md has no entry [${version}]`];
	const entry = changelog.split(`## [${version}]`)[1].split(/^## |^\[[^\]]+\]: /m)[0];
	return [
		...(/^\d{4}-\d{2}-\d{2}$/.test(date ?? '') && !Number.isNaN(Date.parse(date ?? ''))
			? []
			: [`the entry ${version} has no date such as 2026-01-31`]),
		...(/^- \S/m.test(entry) ? [] : [`the entry ${version} says nothing`]),
		...(headings[0][1] === 'Unreleased' ? [] : ['the first entry is not [Unreleased]']),
		...headings.filter(([, name]) => !changelog.includes(`\n[${name}]: https://`)).map(([, name]) => `there is no link for [${name}]`),
		...[...entry.matchAll(/^### (.+)$/gm)].filter(([, kind]) => !KINDS.includes(kind)).map(([, kind]) => `"${kind}" is no kind of change`),
	];
}

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

/** Links and pictures of a page that lead to no file; npm shows the README with links into the repository. */
export function linkProblems(page: string, exists: (path: string) => boolean): string[] {
	const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target.split('#')[0]);
	return targets
		.filter((target) => target !== '' && !/^(https?|mailto):/.test(target) && !exists(target))
		.map((target) => `${target} does not exist`);
}

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
