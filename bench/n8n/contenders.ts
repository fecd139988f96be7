/** The two workflows that take turns in one real n8n. */
export const N8N_CONTENDERS = [
	{ id: 'n8n-ours', title: 'ours: a workflow of our trigger' },
	{ id: 'n8n-hand-made', title: 'a workflow of Schedule, HTTP Request and Loop' },
] as const;

export type N8nContenderId = (typeof N8N_CONTENDERS)[number]['id'];
