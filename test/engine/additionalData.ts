import { ExecutionLifecycleHooks } from 'n8n-core';
import type { IWorkflowExecuteAdditionalData, WorkflowExecuteMode } from 'n8n-workflow';
import { CredentialsHelper } from './credentialsHelper';
import type { TestWorkflow } from './workflow';

let executions = 0;

/** What n8n's server hands to the engine for one execution. The waiting URLs must be valid, or no parameter resolves. */
export function makeAdditionalData({ base, credentials }: TestWorkflow, mode: WorkflowExecuteMode): IWorkflowExecuteAdditionalData {
	const executionId = String(++executions);
	const data: Partial<IWorkflowExecuteAdditionalData> = {
		executionId,
		hooks: new ExecutionLifecycleHooks(mode, executionId, base),
		credentialsHelper: new CredentialsHelper(credentials),
		currentNodeExecutionIndex: 0,
		restApiUrl: '',
		instanceBaseUrl: '',
		webhookBaseUrl: '',
		webhookWaitingBaseUrl: 'http://localhost/webhook-waiting',
		formWaitingBaseUrl: 'http://localhost/form-waiting',
		variables: {},
		setExecutionStatus: () => {},
	};
	return data as IWorkflowExecuteAdditionalData;
}
