/** Why an install is needed, or undefined when it is not. */
export function describeLockDifference(wantedJson: string, installedJson: string | undefined): string | undefined;
/** One line for people about a Node.js that is too old, or undefined when `version` is new enough. */
export function describeOldNode(version: string): string | undefined;
