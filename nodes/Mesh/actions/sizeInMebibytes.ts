import { invalidInput } from '../client';

const MEBIBYTE = 1024 * 1024;

/**
 * Bytes of a size that the user gave in MiB; fractions are allowed. Undefined when it was left empty or is 0.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function bytesOfMebibytes(value: unknown, parameter: string, label: string): number | undefined {
	if (value === undefined || value === null || value === '' || value === 0) return undefined;
	const bytes = Math.round(Number(value) * MEBIBYTE);
	if (!Number.isSafeInteger(bytes) || bytes < 1) throw invalidInput(parameter, `${label} is not a size`, 'Give a number of MiB above 0, such as 20.');
	return bytes;
}
