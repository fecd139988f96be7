/** One line for people about a Node.js that is too old, or undefined when `version` is new enough. */
export function describeOldNode(version: string): string | undefined;
