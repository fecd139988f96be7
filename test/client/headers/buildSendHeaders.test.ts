import { buildSendHeaders } from '../../../nodes/Mesh/client/send/headers';
import { bufferSource } from '../../../nodes/Mesh/client';

const source = bufferSource(Buffer.from('x'));

test('everything a sender can say gets its header', () => {
	expect(
		buildSendHeaders({
			to: 'X26ABC2',
			workflowId: 'WF',
			subject: 'S',
			localId: 'L',
			fileName: 'f.csv',
			contentType: 'text/csv',
			checksum: 'ab',
			partnerId: 'P',
			contentEncrypted: true,
			contentCompressed: true,
			source,
		}),
	).toEqual({
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'WF',
		'mex-subject': 'S',
		'mex-localid': 'L',
		'mex-filename': 'f.csv',
		'mex-content-type': 'text/csv',
		'content-type': 'text/csv',
		'mex-content-checksum': 'ab',
		'mex-partnerid': 'P',
		'mex-content-encrypted': 'Y',
		'mex-content-compressed': 'Y',
	});
});

test('what is not said, or blank, is left out', () => {
	expect(buildSendHeaders({ to: 'X26ABC2', workflowId: 'WF', subject: '  ', fileName: '', source })).toEqual({
		'mex-to': 'X26ABC2',
		'mex-workflowid': 'WF',
		'content-type': 'application/octet-stream',
	});
});
