import { gunzipSync, gzipSync } from 'node:zlib';
import { expectRefusal, row, type Topic } from '../world';

const TEXT = 'plain text '.repeat(200);

interface Cell {
	stored: 'gzip' | 'plain';
	accepts: string | undefined;
	version: 1 | 2;
	served: 'gzip' | 'plain';
}

/** What a client gets, by how the content was sent, what it accepts and the version it asks for. */
const MATRIX: Cell[] = [
	{ stored: 'gzip', accepts: undefined, version: 1, served: 'plain' },
	{ stored: 'gzip', accepts: undefined, version: 2, served: 'plain' },
	{ stored: 'gzip', accepts: 'identity', version: 2, served: 'plain' },
	{ stored: 'gzip', accepts: 'gzip', version: 1, served: 'gzip' },
	{ stored: 'gzip', accepts: 'gzip', version: 2, served: 'gzip' },
	{ stored: 'gzip', accepts: 'br, gzip;q=0', version: 2, served: 'gzip' },
	{ stored: 'plain', accepts: undefined, version: 1, served: 'plain' },
	{ stored: 'plain', accepts: undefined, version: 2, served: 'plain' },
	{ stored: 'plain', accepts: 'deflate, br', version: 2, served: 'plain' },
	{ stored: 'plain', accepts: 'gzip', version: 1, served: 'plain' },
	{ stored: 'plain', accepts: 'gzip', version: 2, served: 'gzip' },
];

export const compression: Topic = {
	title: 'Compression',
	rows: [
		...MATRIX.map(({ stored, accepts, version, served }) =>
			row(`sent ${stored}, accepted "${accepts ?? 'nothing'}", version ${version}: comes ${served}`, async (world) => {
				const id = await world.send(stored === 'gzip' ? { 'content-encoding': 'gzip' } : {}, stored === 'gzip' ? gzipSync(TEXT) : TEXT);
				const { headers, body } = await world.get(`X26ABC2/inbox/${id}`, accepts === undefined ? {} : { 'accept-encoding': accepts }, {
					version,
				});
				const isGzip = served === 'gzip';
				expect([headers['content-encoding'], headers['mex-content-compressed']]).toEqual(isGzip ? ['gzip', 'Y'] : [undefined, undefined]);
				expect((isGzip ? gunzipSync(body) : body).toString()).toBe(TEXT);
			}),
		),
		row('gzip that was sent is passed on as it is', async (world) => {
			const packed = gzipSync(TEXT, { level: 9 });
			const id = await world.send({ 'content-encoding': 'gzip' }, packed);
			expect((await world.get(`X26ABC2/inbox/${id}`, { 'accept-encoding': 'gzip' })).body.equals(packed)).toBe(true);
		}),
		row('a switch leaves plain content plain for everybody', async (world) => {
			world.switch({ plainDownloads: 'asStored' });
			const { headers, text } = await world.get(`X26ABC2/inbox/${await world.send({}, TEXT)}`, { 'accept-encoding': 'gzip' });
			expect([headers['content-encoding'], text]).toEqual([undefined, TEXT]);
		}),
		row('"gzip" may be written in capitals and with spaces around it', async (world) => {
			for (const encoding of ['GZIP', ' gzip ', 'Gzip'])
				expect((await world.post({ 'content-encoding': encoding }, gzipSync('x'))).status).toBe(202);
		}),
		row('any other encoding is 422 on the first call and 417 on a chunk', async (world) => {
			for (const encoding of ['deflate', 'br', 'gzip, gzip', 'identity'])
				expectRefusal(
					await world.post({ 'content-encoding': encoding }),
					422,
					'SEND',
					'UnsupportedContentEncoding',
					'Unsupported content encoding',
				);
			const id = await world.startUpload(2);
			expectRefusal(await world.chunk(id, 2, '2:2', { 'content-encoding': 'br' }), 417, '', '', 'cannot change content encoding');
		}),
		row('an empty later chunk of a packed message comes empty, whatever the client takes', async (world) => {
			const id = await world.send({ 'content-encoding': 'gzip', 'mex-chunk-range': '1:2' }, gzipSync('one'));
			expect((await world.chunk(id, 2, '2:2', { 'content-encoding': 'gzip' }, '')).status).toBe(202);
			for (const encoding of ['identity', 'gzip']) {
				const { status, text, headers } = await world.get(`X26ABC2/inbox/${id}/2`, { 'accept-encoding': encoding });
				expect([encoding, status, text, headers['content-encoding']]).toEqual([encoding, 200, '', undefined]);
			}
			expect((await world.sandbox.content(id)).toString()).toBe('one');
		}),
		row('each chunk is unpacked on its own', async (world) => {
			const id = await world.send({ 'content-encoding': 'gzip', 'mex-chunk-range': '1:2' }, gzipSync('one'));
			await world.chunk(id, 2, '2:2', { 'content-encoding': 'gzip' }, gzipSync('two'));
			expect([(await world.get(`X26ABC2/inbox/${id}`)).text, (await world.get(`X26ABC2/inbox/${id}/2`)).text]).toEqual(['one', 'two']);
		}),
		row('plain chunks are each packed on their own for a version 2 client that takes gzip', async (world) => {
			const id = await world.send({ 'mex-chunk-range': '1:2' }, 'one');
			await world.chunk(id, 2, '2:2', {}, 'two');
			const parts: string[] = [];
			for (const chunk of [1, 2])
				parts.push(gunzipSync((await world.get(`X26ABC2/inbox/${id}/${chunk}`, { 'accept-encoding': 'gzip' })).body).toString());
			expect(parts).toEqual(['one', 'two']);
		}),
		row('the flag for compressed content is passed through and changes nothing', async (world) => {
			const id = await world.send({ 'mex-content-compressed': 'Y' }, 'already.zip');
			const { headers, text } = await world.get(`X26ABC2/inbox/${id}`);
			expect([headers['mex-content-compressed'], headers['content-encoding'], text]).toEqual(['Y', undefined, 'already.zip']);
		}),
		row('the old instruction mex-content-compress is accepted and ignored', async (world) => {
			const { headers } = await world.get(`X26ABC2/inbox/${await world.send({ 'mex-content-compress': 'Y' })}`);
			expect(headers['mex-content-compressed']).toBeUndefined();
		}),
	],
};
