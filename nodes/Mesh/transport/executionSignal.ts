import type { IExecuteFunctions, ILoadOptionsFunctions, IPollFunctions } from 'n8n-workflow';

interface Cancellable {
	getExecutionCancelSignal?: () => AbortSignal | undefined;
}

/** Aborts when the user stops the execution. Undefined where the host has no such signal: polls, editor look-ups, older n8n. */
export function executionSignal(context: IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions): AbortSignal | undefined {
	return (context as Cancellable).getExecutionCancelSignal?.();
}
