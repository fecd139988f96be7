/** What a check has found. */
export interface Outcome {
	/** None is good. */
	problems: string[];
	/** What was looked at. */
	seen: string;
}

export type Check = () => Outcome | Promise<Outcome>;
