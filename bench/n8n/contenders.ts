/** The workflows that take turns in one real n8n. The one by hand handles all messages in one execution, one after the other. */
export const N8N_CONTENDERS = [
	{ id: 'n8n-ours', title: 'ours: our trigger, 100 messages an execution' },
	{ id: 'n8n-ours-one-each', title: 'ours: our trigger, an execution for each message' },
	{ id: 'n8n-hand-made', title: 'a workflow of Schedule, HTTP Request and Loop, batches of one' },
] as const;

export type N8nContenderId = (typeof N8N_CONTENDERS)[number]['id'];
