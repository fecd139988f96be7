/** An element with its children in the order of the document. */
export interface Element {
	name: string;
	attributes: Record<string, string>;
	children: Element[];
}

const TOKEN = /<\?[^]*?\?>|<!--[^]*?-->|<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*"[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

/**
 * Reads XML whose text is all in attributes, as FHIR's is, strictly: what a receiver may refuse is refused here.
 * @throws Error when it is not well-formed
 */
export function parseXml(content: Buffer): Element {
	const text = content.toString('utf8');
	if (text.startsWith('\uFEFF')) throw new Error('There is a byte order mark before the XML');
	const top: Element = { name: '', attributes: {}, children: [] };
	const open = [top];
	let end = 0;
	for (const [token, closing, name, attributes, empty, characters] of text.matchAll(TOKEN)) {
		end += token.length;
		const parent = open[open.length - 1];
		if (characters !== undefined) {
			if (characters.trim() !== '') throw new Error(`There is text in <${parent.name}>`);
		} else if (closing) {
			if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
		} else if (name !== undefined) {
			const element = { name, attributes: readAttributes(attributes), children: [] };
			parent.children.push(element);
			if (!empty) open.push(element);
		}
	}
	if (end !== text.length || open.length !== 1 || top.children.length !== 1)
		throw new Error(`The XML is not well-formed after ${end} characters`);
	return top.children[0];
}

/** All elements under a path such as `entry/resource/Bundle`. */
export function all(element: Element | undefined, path: string): Element[] {
	return path
		.split('/')
		.reduce((found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)), element ? [element] : []);
}

/** The first element under a path. */
export const first = (element: Element | undefined, path: string): Element | undefined => all(element, path).at(0);

/** The attribute `value` of the first element under a path. */
export const valueOf = (element: Element | undefined, path: string): string | undefined => first(element, path)?.attributes.value;

function readAttributes(text: string): Record<string, string> {
	const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
	const decode = (value: string) =>
		value.replace(/&(?:#(\d+)|(\w+)|)(;?)/g, (entity, number?: string, name?: string, semicolon?: string) => {
			const decoded = number ? String.fromCodePoint(Number(number)) : named[name ?? ''];
			if (decoded === undefined || !semicolon) throw new Error(`${entity} is not an entity of XML`);
			return decoded;
		});
	return Object.fromEntries([...text.matchAll(/([\w.:-]+)\s*=\s*"([^"]*)"/g)].map(([, name, value]) => [name, decode(value)]));
}
