import type { WorkflowFile } from '../../../n8n-lab/rest/workflows';
import { chain } from './workflowBuilder';

/** Receives messages as files and posts each content to the recorder; the workflow succeeds when that has succeeded. */
export function recordingWorkflow(name: string, credential: string, recorderUrl: string, options: Record<string, unknown>): WorkflowFile {
	return chain(
		name,
		{
			name: 'Arrives',
			type: 'n8n-nodes-nhs-mesh.meshTrigger',
			credential,
			parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, outputAs: 'binary', options },
		},
		{
			name: 'Record',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				method: 'POST',
				url: `=${recorderUrl}/{{ $json.messageId }}?attempt={{ $json.deliveryAttempt }}`,
				sendBody: true,
				contentType: 'binaryData',
				inputDataFieldName: 'data',
				options: {},
			},
		},
	);
}
