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

module.exports = { describeLockDifference };
