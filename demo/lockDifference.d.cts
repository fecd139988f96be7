/** Why an install is needed, or undefined when it is not. */
export function describeLockDifference(wantedJson: string, installedJson: string | undefined): string | undefined;
