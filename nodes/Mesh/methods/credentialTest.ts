import type { ICredentialTestFunctions, ICredentialsDecrypted, INodeCredentialTestResult } from 'n8n-workflow';
import { MeshClient } from '../client';
import type { MeshClientOptions } from '../client';
import { credentialFacts, toClientOptions } from '../transport/credential';
import type { MeshApiCredentials } from '../transport/credential';
import { explainConnectionFailure } from '../transport/nodeErrors';
import type { CredentialFacts } from '../transport/nodeErrors';

/** Somebody waits in front of the dialog: one try, and short limits. */
const PATIENCE: Pick<MeshClientOptions, 'retry' | 'timeouts'> = {
	retry: { attempts: 1 },
	timeouts: { connectMs: 10_000, responseMs: 30_000, turnMs: 10_000 },
};

/**
 * The connection test of the credential, which n8n runs on Save and Retry: performs the handshake of MESH ("validate a mailbox") over a connection of its own, so
 * that what is tested is what was typed, and says in plain words what is wrong.
 */
export async function meshApiConnectionTest(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	let client: MeshClient | undefined;
	let facts: CredentialFacts | undefined;
	try {
		const options = toClientOptions((credential.data ?? {}) as unknown as MeshApiCredentials);
		facts = credentialFacts(options);
		client = new MeshClient({ ...options, ...PATIENCE });
		const { mailboxId } = await client.handshake();
		return { status: 'OK', message: `Connected to MESH as mailbox ${mailboxId}` };
	} catch (error) {
		return { status: 'Error', message: explainConnectionFailure(error, facts) };
	} finally {
		await client?.close();
	}
}
