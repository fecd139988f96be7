/** How many generated cases a test tries: a tenth, or all of them with TEST_CASES=all, as `npm run test:full` and `.ci/run` set it. */
export function cases(all: number): number {
	return process.env.TEST_CASES === 'all' ? all : Math.ceil(all / 10);
}
