import { reset } from '../api.js';
import { element } from '../element.js';
import { toast } from '../toast.js';
import { openDialog } from './dialog.js';
import { field, select } from './form.js';

/** @param {import('../types.js').MailboxSummary[]} mailboxes */
export function openReset(mailboxes) {
	const scope = select([{ value: '', text: 'Everything' }, ...mailboxes.map(({ mailboxId }) => ({ value: mailboxId, text: `What ${mailboxId} received` }))]);
	openDialog({
		title: 'Reset the sandbox',
		description: 'Everything means messages, faults, the request log and used tokens. Mailboxes, switches and the clock stay as they are.',
		fields: [element('div', { class: 'fields' }, field('What to forget', scope, { wide: true }))],
		submit: 'Forget it',
		danger: true,
		async onSubmit() {
			await reset(scope.value || undefined);
			toast(scope.value ? `What ${scope.value} received is forgotten` : 'The sandbox is empty');
		},
	});
}
