/**
 * Tells whether node_modules holds what a lockfile asks for, by comparing it with the record that npm leaves in
 * node_modules/.package-lock.json at the end of an install (an interrupted install leaves none).
 *
 * @param {string} wantedJson package-lock.json
 * @param {string | undefined} installedJson node_modules/.package-lock.json, if it exists
 * @returns {string | undefined} why an install is needed, or undefined when it is not
 */
function describeLockDifference(wantedJson, installedJson) {
	if (installedJson === undefined) return 'nothing installed yet';
	const wanted = JSON.parse(wantedJson).packages;
	const installed = JSON.parse(installedJson).packages;
	for (const [path, entry] of Object.entries(wanted)) {
		if (path === '' || entry.link) continue;
		const found = installed[path];
		if (!found && entry.optional) continue; // made for another platform
		if (!found) return `${path} is missing`;
		if (found.version !== entry.version) return `${path} is ${found.version}, wanted ${entry.version}`;
	}
	return undefined;
}

/** The lowest Node.js that undici 7 runs on; the same as "engines" in package.json. */
const LOWEST_NODE = [20, 18, 1];

/**
 * @param {string} version such as "20.18.1"
 * @returns {string | undefined} one line for people, or undefined when `version` is new enough
 */
function describeOldNode(version) {
	const found = version.split('.').map(Number);
	const differing = LOWEST_NODE.findIndex((part, i) => found[i] !== part);
	if (differing < 0 || found[differing] > LOWEST_NODE[differing]) return undefined;
	return `Node.js ${LOWEST_NODE.join('.')} or newer is needed; this is ${version}. Install a newer one (nodejs.org), then try again.`;
}

module.exports = { describeLockDifference, describeOldNode };
