import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { CredentialInput } from '../../../n8n-lab/rest/credentials';

/** A mail server (SMTP, RFC 5321) that keeps what it is sent; without TLS and without a password. */
export interface MailServer {
	/** Each mail with its header fields, in the order of arrival; soft line breaks are taken out. */
	readonly mails: readonly string[];
	/** Set to turn every recipient away. */
	refuses: boolean;
	/** What n8n's node Send Email needs to reach it. */
	readonly credential: CredentialInput;
	/** Forgets the mails, and refuses no longer. */
	reset(): void;
	close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
	const mails: string[] = [];
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
		void converse(socket, mails, () => mailServer.refuses);
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as AddressInfo;
	const mailServer: MailServer = {
		mails,
		refuses: false,
		credential: {
			name: `Mail server ${port}`,
			type: 'smtp',
			data: { user: '', password: '', host: '127.0.0.1', port, secure: false, disableStartTls: true, hostName: '' },
		},
		reset() {
			mails.length = 0;
			mailServer.refuses = false;
		},
		async close() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return mailServer;
}

async function converse(socket: Socket, mails: string[], refuses: () => boolean): Promise<void> {
	const say = (line: string) => socket.write(`${line}\r\n`);
	let mail: string[] | undefined;
	say('220 localhost');
	for await (const line of createInterface({ input: socket, crlfDelay: Infinity })) {
		if (mail) {
			if (line === '.') {
				mails.push(readable(mail));
				mail = undefined;
				say('250 kept');
			} else mail.push(line.replace(/^\./, ''));
		} else if (/^DATA$/i.test(line)) {
			mail = [];
			say('354 go on');
		} else if (/^QUIT$/i.test(line)) {
			say('221 bye');
			socket.end();
		} else say(/^RCPT /i.test(line) && refuses() ? '550 no such mailbox' : '250 well');
	}
}

/** Puts lines together that were only broken for the way (RFC 3676, and quoted-printable). */
const readable = (lines: string[]): string => lines.join('\n').replace(/ \n/g, ' ').replace(/=\n/g, '');
