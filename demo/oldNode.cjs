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

module.exports = { describeOldNode };
