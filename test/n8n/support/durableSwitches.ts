/** Everything that n8n 2 keeps in its database instead of in the memory of one process. */
export const DURABLE_SWITCHES = {
	N8N_SCHEDULER_ENABLED: 'true',
	N8N_SCHEDULER_POLL_TRIGGERS_ENABLED: 'true',
	N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'true',
	N8N_POLLER_DURABLE_CURSORS_ENABLED: 'true',
	// Who polled, and what for, is told in debug messages only.
	N8N_LOG_LEVEL: 'debug',
	N8N_LOG_SCOPES: 'scheduler',
};
