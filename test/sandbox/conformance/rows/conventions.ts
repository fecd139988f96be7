import { connect, type TLSSocket } from 'node:tls';
import { expectGeneric, problems, row, type Topic, type World } from '../world';

/** How a TLS handshake ends: the protocol, or the error's code. */
function handshake(
	world: World,
	options: { cert?: string; key?: string; maxVersion?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' },
): Promise<string> {
	return new Promise((resolve) => {
		const socket: TLSSocket = connect({
			host: 'localhost',
			port: world.sandbox.port,
			ca: world.sandbox.certificates.ca,
			...(options.maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
			...options,
		});
		let answer = '';
		let protocol = '';
		socket.setEncoding('latin1');
		socket.on('data', (text: string) => (answer += text));
		socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
		socket.once('close', () => resolve(answer === '' ? 'closed' : `${protocol} ${answer.split(' ')[1]}`));
		socket.once('secureConnect', () => {
			protocol = socket.getProtocol() ?? '';
			socket.write('GET /messageexchange/_ping HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
		});
	});
}

export const tls: Topic = {
	title: 'Mutual TLS',
	rows: [
		row('a client with its certificate is let in, with TLS 1.2 and 1.3', async (world) => {
			const { certificate: cert, privateKey: key } = world.sandbox.certificates.client;
			expect(await handshake(world, { cert, key, maxVersion: 'TLSv1.2' })).toBe('TLSv1.2 200');
			expect(await handshake(world, { cert, key, maxVersion: 'TLSv1.3' })).toBe('TLSv1.3 200');
		}),
		row('older TLS is refused', async (world) => {
			const { certificate: cert, privateKey: key } = world.sandbox.certificates.client;
			expect(await handshake(world, { cert, key, maxVersion: 'TLSv1.1' })).toMatch(/^(ERR_SSL|ECONNRESET)/);
		}),
		row("a certificate of another authority is refused with the alert unknown_ca, as on MESH's internet hosts", async (world) => {
			const { certificate: cert, privateKey: key } = world.sandbox.certificates.strangerClient;
			expect(await handshake(world, { cert, key })).toMatch(/UNKNOWN_CA/);
		}),
		row('no certificate is refused', async (world) => expect(await handshake(world, {})).toMatch(/^(ERR_SSL|ECONNRESET|closed)/)),
	],
};

export const identifiers: Topic = {
	title: 'Identifiers and times',
	rows: [
		row('a message ID is 20 digits, an underscore and 6 hexadecimal capitals', async (world) =>
			expect(await world.send()).toMatch(/^\d{20}_[0-9A-F]{6}$/),
		),
		row('its digits are the time, and later IDs sort later', async (world) => {
			const before = new Date(world.sandbox.clock.now()).toISOString().replace(/\D/g, '').slice(0, 12);
			const ids = [await world.send(), await world.send(), await world.send()];
			expect(ids[0].slice(0, 12) >= before).toBe(true);
			expect([...ids].sort()).toEqual(ids);
		}),
		row('as the NHS sandbox: 32 hexadecimal capitals', async (world) => {
			world.switch({ messageIds: 'hex' });
			expect(await world.send()).toMatch(/^[0-9A-F]{32}$/);
		}),
		row('times follow the clock of the sandbox', async (world) => {
			world.sandbox.clock.advance(24 * 60 * 60 * 1000);
			const { headers } = await world.get(`X26ABC2/inbox/${await world.send()}`);
			const now = new Date(world.sandbox.clock.now()).toISOString().replace(/\D/g, '');
			expect(String(headers['mex-statustimestamp']).slice(0, 8)).toBe(now.slice(0, 8));
		}),
	],
};

export const errors: Topic = {
	title: 'Shapes of errors',
	rows: [
		row('version 1: errorEvent, errorCode, errorDescription', async (world) => {
			const { status, json } = await world.v1('X26ABC1/inbox/NONE');
			expect([status, json]).toEqual([404, { errorEvent: 'RECEIVE', errorCode: '20', errorDescription: 'Message does not exist' }]);
		}),
		row('version 2: a list with event, code and msg', async (world) => {
			expect((await world.get('X26ABC1/inbox/NONE')).json).toEqual({
				detail: [{ event: 'RECEIVE', code: '20', msg: 'Message does not exist' }],
			});
		}),
		row('validation: a list with loc, msg, type and what was wrong, in both versions the same', async (world) => {
			const bodies: unknown[] = [];
			for (const version of [1, 2] as const) {
				const reply = await world.get('X26ABC1/inbox?max_results=9', {}, { version });
				expect(problems(reply)).toEqual(['query max_results']);
				bodies.push(reply.json);
			}
			expect(bodies[0]).toEqual(bodies[1]);
			expect(bodies[0]).toMatchObject({
				detail: [{ loc: ['query', 'max_results'], msg: expect.any(String), type: expect.any(String), input: '9' }],
			});
		}),
		row('as the NHS sandbox: validation in the names and texts of an older library', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			const wrong: Array<[string, string, string, number | undefined]> = [
				['X26ABC1/outbox/tracking', 'value_error.missing', 'field required', undefined],
				['X26ABC1/inbox?max_results=ten', 'type_error.integer', 'value is not a valid integer', undefined],
				['X26ABC1/inbox?max_results=9', 'value_error.number.not_ge', 'ensure this value is greater than or equal to 10', 10],
				['X26ABC1/inbox?max_results=5001', 'value_error.number.not_le', 'ensure this value is less than or equal to 5000', 5000],
				['X26ABC1/inbox?workflow_filter=A', 'value_error.any_str.min_length', 'ensure this value has at least 2 characters', 2],
				[
					`X26ABC1/inbox?workflow_filter=${'A'.repeat(256)}`,
					'value_error.any_str.max_length',
					'ensure this value has at most 255 characters',
					255,
				],
				['X26ABC1/inbox/rich?start_time=x', 'value_error.datetime', 'invalid datetime format', undefined],
			];
			for (const [path, type, msg, limit] of wrong) {
				const [problem] = (await world.get(path)).json.detail as Array<Record<string, unknown>>;
				expect([path, problem]).toEqual([
					path,
					{ loc: problem.loc, type, msg, ...(limit === undefined ? {} : { ctx: { limit_value: limit } }) },
				]);
			}
		}),
		row('validation names everything that is wrong at once', async (world) => {
			const reply = await world.mesh.call({
				method: 'POST',
				path: 'X26ABC1/outbox',
				headers: { 'mex-subject': 'x'.repeat(501) },
				body: 'x',
			});
			expect(problems(reply)).toEqual(['header mex-to', 'header mex-workflowid', 'header mex-subject']);
		}),
		row('406, 423 and 500 say "internal error", in both versions', async (world) => {
			const id = await world.startUpload(2);
			expectGeneric(await world.chunk(id, 3, '3:3'), 406);
			await world.chunk(id, 2, '2:2');
			expectGeneric(
				await world.mesh.call({
					method: 'POST',
					path: `X26ABC1/outbox/${id}/2`,
					version: 1,
					headers: { 'mex-chunk-range': '2:2' },
					body: 'x',
				}),
				423,
			);
			expectGeneric(await world.get(`X26ABC1/inbox?continue_from=${'x'.repeat(30)}`), 500);
		}),
		row('errors of gateways can be had as faults: an empty 403, XML with 500, 429 and 503 with Retry-After, 425', async (world) => {
			world.sandbox.arm({ fault: { kind: 'emptyForbidden' } });
			world.sandbox.arm({ fault: { kind: 'xmlError' } });
			for (const status of [425, 429, 503]) world.sandbox.arm({ fault: { kind: 'status', status, headers: { 'Retry-After': '3' } } });
			const replies = [];
			for (let time = 0; time < 6; time++) replies.push(await world.get('X26ABC1/count'));
			expect(replies.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([
				[403, undefined],
				[500, undefined],
				[425, '3'],
				[429, '3'],
				[503, '3'],
				[200, undefined],
			]);
			expect([replies[0].text, replies[1].text.slice(0, 5)]).toEqual(['', '<?xml']);
		}),
	],
};
