import fc from 'fast-check';
import { continueToken } from '../../../nodes/Mesh/client/inbox';
import { isMeshError } from '../../../nodes/Mesh/client';
import { thrownBy } from '../world';
import { cases } from '../../support/cases';

const origin = 'https://mesh.example:8443';
const inbox = '/messageexchange/X26ABC1/inbox';
const read = (next: unknown) => continueToken(next, origin, inbox);

test('the token is taken out of a relative link and decoded', () => {
	expect(read(`${inbox}?max_results=10&continue_from=eyJhIjoxfQ%3D%3D`)).toBe('eyJhIjoxfQ==');
	expect(read('/messageexchange/x26abc1/INBOX?continue_from=abc')).toBe('abc');
	expect(read(`${origin}${inbox}?continue_from=abc`)).toBe('abc');
});

test.each([undefined, null, ''])('%p means that no page follows', (next) => {
	expect(read(next)).toBeUndefined();
});

test.each([
	['another host', `https://evil.example${inbox}?continue_from=abc`],
	['another host without a scheme', `//evil.example${inbox}?continue_from=abc`],
	['another port', `https://mesh.example${inbox}?continue_from=abc`],
	['another scheme', `http://mesh.example:8443${inbox}?continue_from=abc`],
	['a host hidden behind a user name', `https://mesh.example:8443@evil.example${inbox}?continue_from=abc`],
	['another mailbox', '/messageexchange/OTHER/inbox?continue_from=abc'],
	['another resource', `${inbox}/ID1/status/acknowledged?continue_from=abc`],
	['another resource by steps', `${inbox}/../outbox?continue_from=abc`],
	['no token', `${inbox}?max_results=10`],
	['an empty token', `${inbox}?continue_from=`],
	['an endless token', `${inbox}?continue_from=${'a'.repeat(1_001)}`],
	['no link at all', 42],
	['an address of no page', 'http://'],
])('a link to %s is refused, because it comes from the server', (_what, next) => {
	expect(thrownBy(() => read(next))).toMatchObject({ code: 'MESH_PROTOCOL' });
});

test('no link leads away or ends in another error', () => {
	const link = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.webUrl({ withQueryParameters: true }),
		fc.string().map((text) => `${inbox}?continue_from=${text}`),
		fc.jsonValue(),
	);
	fc.assert(
		fc.property(link, (next) => {
			try {
				const token = read(next);
				return token === undefined || (token.length > 0 && token.length <= 1_000);
			} catch (error) {
				return isMeshError(error) && error.code === 'MESH_PROTOCOL';
			}
		}),
		{ numRuns: cases(10_000) },
	);
});
