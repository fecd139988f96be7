import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What MESH sees of us in the handshake (`mex-clientversion`) and as user agent, such as `n8n-nodes-nhs-mesh==1.0.0`. */
export const clientVersion = `n8n-nodes-nhs-mesh==${packageVersion(__dirname)}`;

/** Version in the nearest package.json above: the depth differs between the sources and `dist`. */
function packageVersion(folder: string): string {
	for (let current = folder; ; current = dirname(current)) {
		try {
			const { name, version } = JSON.parse(readFileSync(join(current, 'package.json'), 'utf8')) as { name?: string; version?: string };
			if (name === 'n8n-nodes-nhs-mesh' && version !== undefined) return version;
		} catch {
			// No package.json here: look one folder further up.
		}
		if (dirname(current) === current) return '0.0.0';
	}
}
