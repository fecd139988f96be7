import { redacted } from '../../../nodes/Mesh/client/failures/redacted';

test('tokens, patient addresses and the given secrets are hidden in what a server says', () => {
	const text = 'got NHSMESH X26:abc:0:2020:deadbeef for GPPROVIDER_9434765919_19550109_Smith with hunter22';
	expect(redacted(text, ['hunter22', 'ab'])).toBe('got [hidden] for [hidden] with [hidden]');
});
