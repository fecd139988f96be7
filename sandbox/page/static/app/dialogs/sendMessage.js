import { putMessage } from '../api.js';
import { element } from '../element.js';
import { formatBytes } from '../format.js';
import { messagesLink } from '../route.js';
import { toast } from '../toast.js';
import { checkField, field, input, mailboxSelect, openDialog } from './form.js';

/** What fits into one call as base64; larger messages go through the API. */
const MAXIMUM_BYTES = 11_000_000;
const MAXIMUM_CHUNKS = 1000;
const SAMPLE = 'Hello from the MESH sandbox.\n';

/**
 * @param {import('../types.js').MailboxSummary[]} mailboxes
 * @param {string | undefined} mailboxId the mailbox being looked at
 */
export function openSendMessage(mailboxes, mailboxId) {
	const to = mailboxSelect(mailboxes, mailboxId);
	const from = mailboxSelect(mailboxes, mailboxes.find((mailbox) => mailbox.mailboxId !== to.value)?.mailboxId);
	const workflows = element('datalist', { id: 'known-workflows' });
	const workflow = input({ list: 'known-workflows', maxlength: 300 });
	const subject = input({ maxlength: 500 });
	const text = element('textarea', { spellcheck: 'false' });
	text.value = SAMPLE;
	const file = element('input', { type: 'file' });
	const chunks = input({ type: 'number', min: 1, max: MAXIMUM_CHUNKS, value: 1 });
	const gzip = input({ type: 'checkbox' });
	const localId = input({ maxlength: 300 });
	const fileName = input({ maxlength: 300 });
	const contentType = input({ maxlength: 100, placeholder: 'text/plain' });
	const checksum = input({ maxlength: 100 });

	const offerWorkflows = () => {
		const known = mailboxes.find((mailbox) => mailbox.mailboxId === to.value)?.workflows ?? [];
		workflows.replaceChildren(...known.map((value) => element('option', { value })));
		if (workflow.value === '' || !known.includes(workflow.value)) workflow.value = known[0] ?? 'TEST_WORKFLOW';
	};
	to.addEventListener('change', offerWorkflows);
	offerWorkflows();

	const basics = element(
		'div',
		{ class: 'fields' },
		field('To', to),
		field('From', from),
		field('Workflow ID', workflow),
		field('Subject', subject),
		field('Content', text, { wide: true }),
		field('Or a file', file, { wide: true, hint: `Up to ${formatBytes(MAXIMUM_BYTES)}.` }),
		workflows,
	);
	const more = element(
		'details',
		{ class: 'more' },
		element('summary', { text: 'Chunks, compression and other headers' }),
		element(
			'div',
			{ class: 'fields' },
			field('Number of chunks', chunks),
			checkField('Compress each chunk (gzip)', gzip),
			field('Local ID', localId),
			field('File name', fileName, { hint: 'As shown to the recipient.' }),
			field('Content type', contentType),
			field('Checksum', checksum),
		),
	);

	openDialog({
		title: 'Send a test message',
		description: 'It is delivered at once, as if its sender had sent it through the API.',
		fields: [basics, more],
		submit: 'Send',
		async onSubmit() {
			const chosen = file.files?.[0];
			const content = chosen ? await bytesOf(chosen) : new TextEncoder().encode(text.value);
			if (content.length === 0) throw new Error('Write some text or choose a file: MESH refuses empty messages.');
			const { message_id: messageId } = await putMessage({
				to: to.value,
				from: from.value,
				workflow_id: workflow.value.trim(),
				chunks_base64: split(content, Number(chunks.value)).map(toBase64),
				gzip: gzip.checked,
				subject: subject.value.trim() || undefined,
				local_id: localId.value.trim() || undefined,
				file_name: fileName.value.trim() || chosen?.name,
				content_type: contentType.value.trim() || chosen?.type || undefined,
				checksum: checksum.value.trim() || undefined,
			});
			location.hash = messagesLink(to.value, 'inbox', messageId);
			toast(`Delivered to ${to.value}`);
		},
	});
}

/** @param {File} file */
async function bytesOf(file) {
	if (file.size > MAXIMUM_BYTES) throw new Error(`The file has ${formatBytes(file.size)}: send it with a client instead.`);
	return new Uint8Array(await file.arrayBuffer());
}

/**
 * Parts of nearly equal size, none of them empty.
 * @param {Uint8Array} content
 * @param {number} count
 */
function split(content, count) {
	if (!Number.isInteger(count) || count < 1 || count > MAXIMUM_CHUNKS) throw new Error(`Give 1 to ${MAXIMUM_CHUNKS} chunks.`);
	if (count > content.length) throw new Error(`There are only ${content.length} bytes to put into ${count} chunks.`);
	return Array.from({ length: count }, (_, index) =>
		content.subarray(Math.floor((index * content.length) / count), Math.floor(((index + 1) * content.length) / count)),
	);
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
	let text = '';
	for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
	return btoa(text);
}
