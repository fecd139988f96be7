/** The `code` of whatever was thrown, where it has a well-formed one. Not by `instanceof`: errors can come from another realm. */
export function errorCode(error: unknown): string | undefined {
	if (typeof error !== 'object' || error === null) return undefined;
	const code: unknown = Reflect.get(error, 'code');
	return typeof code === 'string' && /^[\w.-]{1,80}$/.test(code) ? code : undefined;
}
