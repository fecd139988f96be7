/** What `npm run bench -- ...` was asked to do. */
export interface BenchArguments {
	/** Job IDs to run; all when empty. */
	only: string[];
	/** Contender IDs to run; all when empty. */
	contenders: string[];
	/** Small sizes and one round: a check that everything works, not a measurement. */
	quick: boolean;
	/** Print jobs and contenders and stop. */
	list: boolean;
	/** Where all figures go, as JSON. */
	jsonPath?: string;
	rounds?: number;
	help: boolean;
}

export const USAGE = `npm run bench -- [options]
  --only JOB[,JOB]         run these jobs (see --list)
  --contenders ID[,ID]     run these contenders (see --list)
  --quick                  small sizes, one round
  --rounds N               rounds of each job (default 3, with --quick 1)
  --json FILE              write all figures to FILE
  --list                   name the jobs and the contenders
  --help                   this text`;

const names = (text: string): string[] =>
	text
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');

/**
 * Reads the command line.
 * @throws an `Error` that names the argument it does not know or that lacks its value
 */
export function parseArguments(argv: readonly string[]): BenchArguments {
	const parsed: BenchArguments = { only: [], contenders: [], quick: false, list: false, help: false };
	const rest = [...argv];
	while (rest.length > 0) {
		const [option, inlineValue] = splitOption(rest.shift() ?? '');
		const value = (): string => {
			const given = inlineValue ?? rest.shift();
			if (given === undefined || given === '' || given.startsWith('--')) throw new Error(`${option} needs a value.\n${USAGE}`);
			return given;
		};
		switch (option) {
			case '--only':
				parsed.only.push(...names(value()));
				break;
			case '--contenders':
				parsed.contenders.push(...names(value()));
				break;
			case '--json':
				parsed.jsonPath = value();
				break;
			case '--rounds':
				parsed.rounds = positiveInteger(option, value());
				break;
			case '--quick':
				parsed.quick = true;
				break;
			case '--list':
				parsed.list = true;
				break;
			case '--help':
				parsed.help = true;
				break;
			default:
				throw new Error(`Unknown argument "${option}".\n${USAGE}`);
		}
	}
	return parsed;
}

function splitOption(argument: string): [string, string | undefined] {
	const at = argument.indexOf('=');
	return argument.startsWith('--') && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument, undefined];
}

function positiveInteger(option: string, text: string): number {
	if (!/^[1-9]\d{0,2}$/.test(text)) throw new Error(`${option} needs a whole number from 1 to 999, not "${text}".`);
	return Number(text);
}
