import type { Sandbox } from '../contract/sandbox';

/** The ports that a sandbox really has, whatever flags and variables said: the API's and, if there is one, the page's. */
export function portsOf({ port, pageUrl }: Pick<Sandbox, 'port' | 'pageUrl'>): number[] {
	return pageUrl === undefined ? [port] : [port, Number(new URL(pageUrl).port)];
}
