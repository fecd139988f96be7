import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What a contender is asked to do: plain data, so that it can be handed to another process. Sizes are bytes. */

/** `random` does not compress; `csv` compresses about four times. */
export type ContentKind = 'random' | 'csv';

/** Start, load everything the other kinds of work need, and stop: the cost of being there at all. */
interface IdleWork {
	kind: 'idle';
}

export interface SendWork {
	kind: 'send';
	content: ContentKind;
	bytes: number;
	chunkBytes: number;
	gzip: boolean;
	/** `generated` has no file behind it, for sizes that should not need a disk. */
	source: 'file' | 'generated';
}

export interface ReceiveWork {
	kind: 'receive';
	content: ContentKind;
	bytes: number;
	chunkBytes: number;
	gzip: boolean;
	/** `count` throws the bytes away after counting them. */
	target: 'file' | 'count';
}

/** List the inbox, download every message, acknowledge every message. */
export interface DrainWork {
	kind: 'drain';
	messages: number;
	bytes: number;
}

/** Send many messages of one request each, all with the content of the input file. */
export interface SendManyWork {
	kind: 'sendMany';
	messages: number;
	bytes: number;
}

/** As `drain`, by a published workflow in a real n8n: from its first listing to the last acknowledgement. */
interface WorkflowWork {
	kind: 'workflow';
	messages: number;
	bytes: number;
}

/** As `drain` in n8n's engine, by nodes that ask MESH nothing: what n8n itself takes for the items, parameters and files. */
interface N8nAloneWork {
	kind: 'n8nAlone';
	messages: number;
	bytes: number;
}

export type Work = IdleWork | SendWork | ReceiveWork | DrainWork | SendManyWork | WorkflowWork | N8nAloneWork;

/** Where and as whom to do it. All files are PEM. */
export interface Access {
	url: string;
	mailboxId: string;
	password: string;
	sharedKey: string;
	caPath: string;
	certificatePath: string;
	privateKeyPath: string;
}

/** Everything one run of one contender needs. */
export interface Task {
	work: Work;
	access: Access;
	/** The content to send, exactly as long as the work asks for. */
	inputPath?: string;
	/** Where received content goes. */
	outputPath?: string;
	/** The message to receive. */
	messageId?: string;
	/** The IDs waiting in the inbox, for contenders that cannot read a listing. */
	inboxIds?: string[];
	/** An empty folder, removed after the run. */
	scratchPath: string;
	/** What tells variants of one contender apart, such as the gzip level. */
	options: Record<string, number | string | boolean>;
}

/** What a contender's process says of itself, as JSON on its last line of output. Only what it knows. */
export interface OwnReport {
	/** From the first byte of work to the last, without starting the process. */
	workMs?: number;
	/** CPU of that time. */
	workCpuSeconds?: number;
	/** User and system CPU of the whole process. */
	cpuSeconds?: number;
	/** Highest resident memory of the whole process. */
	peakRssBytes?: number;
	/** Content bytes moved, or messages handled: checked against what was asked. */
	done?: number;
	/** Where the received content is, when it is not at `outputPath`. */
	outputPath?: string;
}

/** How to start one run of a contender. */
export interface Command {
	program: string;
	args: string[];
	env?: NodeJS.ProcessEnv;
	/** True when the program prints an `OwnReport`; else it is watched from outside. */
	reports: boolean;
}

/** The `Authorization` header of one request (MESH API, authorization header), for contenders that have no MESH client. */
export function authorization(access: Pick<Access, 'mailboxId' | 'password' | 'sharedKey'>): string {
	const nonce = randomUUID();
	const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 12);
	const signed = createHmac('sha256', access.sharedKey).update(`${access.mailboxId}:${nonce}:0:${access.password}:${stamp}`).digest('hex');
	return `NHSMESH ${access.mailboxId}:${nonce}:0:${stamp}:${signed}`;
}

/** The fields of our credential. */
export function meshCredential(access: Access): Record<string, string> {
	return {
		environment: 'custom',
		baseUrl: access.url,
		mailboxId: access.mailboxId,
		mailboxPassword: access.password,
		sharedKey: access.sharedKey,
		certificateType: 'pem',
		clientCertificate: readFileSync(access.certificatePath, 'utf8'),
		privateKey: readFileSync(access.privateKeyPath, 'utf8'),
		caCertificates: readFileSync(access.caPath, 'utf8'),
	};
}
