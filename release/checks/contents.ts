import { output, read } from '../commands';
import type { Outcome } from '../outcome';
import { contentProblems, keyProblem } from '../rules';

interface Packed {
	/** Bytes of the tarball. */
	size: number;
	files: Array<{ path: string; size: number }>;
}

/** What npm would put into the tarball: only what users need, of bounded size, without keys. */
export function contents(): Outcome {
	const [packed] = JSON.parse(output('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'])) as Packed[];
	const keys = packed.files.map(({ path }) => keyProblem(path, read(path)));
	return {
		problems: [...contentProblems(packed.files), ...keys.filter((one) => one !== undefined)],
		seen: `${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB packed`,
	};
}
