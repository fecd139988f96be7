/** The server's own process: started with the paths of its certificates, steered over Node's process channel. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { BenchCertificates } from './certificates';
import type { ServerAnswer, ServerCommand } from './control';
import { MeshServer } from './meshServer';

const certificates = JSON.parse(readFileSync(process.argv[2], 'utf8')) as BenchCertificates;
const server = new MeshServer(certificates);
const say = (answer: ServerAnswer): void => {
	process.send?.(answer);
};

server.https.listen(0, '127.0.0.1', () => {
	say({ id: 0, port: (server.https.address() as AddressInfo).port });
});

process.on('message', (command: ServerCommand) => {
	if (command.name === 'configure') server.configure(command.settings);
	say({ id: command.id, ...(command.name === 'counts' ? { counts: server.counts() } : {}) });
	if (command.name === 'stop') process.disconnect();
});

// Whoever started us is gone or has said stop: nothing is left to serve.
process.on('disconnect', () => {
	process.exit(0);
});
