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
