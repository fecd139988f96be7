/** What MESH answers with a mere "internal error", or by breaking off: the request log says what it was. */
export const SERVER_FAILURES = {
	notGzip: 'The content is labelled gzip and is none',
	damagedGzip: 'The gzip content is damaged or incomplete',
	unreadable: 'The stored content cannot be read',
	madeUpCursor: 'continue_from was not made by this sandbox',
	versionThree: 'The NHS sandbox fails at tracking in version 3',
} as const;
