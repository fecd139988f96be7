import { readdir } from 'node:fs/promises';

/** Files in n8n's folder, the binary data store included. */
export async function storedFiles(): Promise<string[]> {
	const folder = process.env.N8N_USER_FOLDER;
	if (folder === undefined) throw new Error('Tests have an n8n folder of their own');
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => `${entry.parentPath}/${entry.name}`)
		.sort();
}
