// Runs everything the NHS JavaScript client can do, from the folder that holds its package; prints what it saw as JSON.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, url, certificates] = process.argv.slice(2);
const mesh = await import(pathToFileURL(`${folder}/node_modules/nhs-mesh-client/index.js`).href);
const pem = (name) => readFileSync(`${certificates}/${name}.pem`, 'utf8');
const [cert, key] = [pem('client-cert'), pem('client-key')];
// "sandbox" means "without a client certificate" to it.
const config = await mesh.loadConfig({
	logLevel: 'ERROR',
	url,
	sandbox: 'false',
	senderCert: cert,
	senderKey: key,
	receiverCert: cert,
	receiverKey: key,
});
const sender = {
	url,
	mailboxID: config.senderMailboxID,
	mailboxPassword: config.senderMailboxPassword,
	sharedKey: config.sharedKey,
	agent: config.senderAgent,
};
const receiver = {
	url,
	mailboxID: config.receiverMailboxID,
	mailboxPassword: config.receiverMailboxPassword,
	sharedKey: config.sharedKey,
	agent: config.receiverAgent,
};
const to = { mailboxTarget: receiver.mailboxID };

const large = Buffer.from('0123456789abcdef'.repeat(1_500_000));
const seen = { handshake: (await mesh.handShake(sender)).status, sent: [], read: [], acknowledged: [] };
seen.sent.push((await mesh.sendMessage({ ...sender, ...to, message: 'plain' })).status);
seen.sent.push((await mesh.sendMessage({ ...sender, ...to, message: 'packed', compressed: true })).status);
seen.sent.push((await mesh.sendChunkedMessage({ ...sender, ...to, fileContent: large })).status);
const { messages } = (await mesh.getMessageCount(receiver)).data;
for (const messageID of messages) {
	const { status, data } = await mesh.readMessage({ ...receiver, messageID });
	seen.read.push([status, data === large.toString() ? 'the large file' : data]);
	seen.acknowledged.push((await mesh.markAsRead({ ...receiver, message: messageID })).status);
}
seen.left = (await mesh.getMessageCount(receiver)).data.approx_inbox_count;
console.log(JSON.stringify(seen));
