import { redacted } from '../../../nodes/Mesh/client/failures/redacted';

test('tokens, patient addresses and the given secrets are hidden in what a server says', () => {
	const text = 'got NHSMESH X26:abc:0:2020:deadbeef with hunter22 for GPPROVIDER_9434765919_19550109_Smith';
	expect(redacted(text, ['hunter22', 'ab'])).toBe('got [hidden] with [hidden] for [hidden]');
});

test('of a patient address nothing is left when the surname has several words', () => {
	expect(redacted('no mailbox for "GPPROVIDER_9434765919_19550109_Van Der Berg", sorry')).toBe('no mailbox for "[hidden]", sorry');
});
