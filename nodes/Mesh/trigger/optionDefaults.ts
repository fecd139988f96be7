/** What applies where the user has not added an option. Units as in the names of the options. */
export const optionDefaults = {
	messagesInFlight: 10,
	messagesPerExecution: 1,
	deliveryAttempts: 5,
	/** Minutes. */
	redeliveryPause: 5,
	/** Hours; only with later acknowledgement. */
	redeliverAfter: 24,
	/** Hours. */
	longestExecution: 24,
	/** MiB; 0 is no limit. */
	maximumSize: 0,
	/** 0 is the client's own. */
	maximumChunks: 0,
	/** Times; 0 is no limit. */
	maximumCompressionRatio: 0,
	/** Minutes; on a Custom URL outside nhs.uk only when the option is set. */
	inboxCheckInterval: 5,
	verifyChecksum: 'fail',
} as const;
