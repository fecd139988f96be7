import { refuse } from '../errors/refusals';
import { emptyAnswer } from '../server/answer';
import { adminRoute } from './adminRoute';

/** Forgets all messages, or those of one mailbox (as in the NHS sandbox). */
export const resets = [
	adminRoute('DELETE', '/reset', async ({ context }) => {
		await context.reset();
		return emptyAnswer();
	}),
	adminRoute('DELETE', '/reset/:mailbox', async ({ context, params }) => {
		if (!context.mailboxes.get(params.mailbox)) throw refuse('notFound');
		await context.reset(params.mailbox);
		return emptyAnswer();
	}),
];
