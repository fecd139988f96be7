import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const FOLDER = join(__dirname, 'static');

const TYPES: Record<string, string | undefined> = {
	'.html': 'text/html; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.svg': 'image/svg+xml',
};

/** One file of the page. */
export interface StaticFile {
	/** `/` for index.html. */
	path: string;
	contentType: string;
	read(): Promise<Buffer>;
}

/** The files of the page, found once: a request can name one of them and no other. */
export async function findStaticFiles(): Promise<StaticFile[]> {
	const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
	return entries.flatMap((entry) => {
		const contentType = TYPES[extname(entry.name)];
		if (!entry.isFile() || !contentType) return [];
		const file = join(entry.parentPath, entry.name);
		const path = `/${relative(FOLDER, file).split(sep).join('/')}`;
		return [{ path: path === '/index.html' ? '/' : path, contentType, read: () => readFile(file) }];
	});
}
