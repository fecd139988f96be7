// Sends a message from X26ABC1 and receives it at X26ABC2, with nothing but Node.js. Start the sandbox first: npm run sandbox
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

const BASE = 'https://localhost:8700';
const pem = (name) => readFileSync(`.mesh/certs/${name}.pem`);
const agent = new Agent({ keepAlive: true, ca: pem('ca'), cert: pem('client-cert'), key: pem('client-key') });

function token(mailbox) {
	const nonce = randomUUID();
	const time = new Date().toISOString().replace(/\D/g, '').slice(0, 12);
	const hash = createHmac('sha256', 'TestKey').update(`${mailbox}:${nonce}:0:password:${time}`).digest('hex');
	return `NHSMESH ${mailbox}:${nonce}:0:${time}:${hash}`;
}

function mesh(method, mailbox, path, headers = {}, body) {
	const all = { authorization: token(mailbox), accept: 'application/vnd.mesh.v2+json', ...headers };
	return new Promise((resolve, reject) => {
		request(`${BASE}/messageexchange/${mailbox}${path}`, { method, agent, headers: all }, async (response) => {
			let text = '';
			for await (const block of response.setEncoding('utf8')) text += block;
			resolve({ status: response.statusCode, headers: response.headers, text });
		})
			.on('error', reject)
			.end(body);
	});
}

const sent = await mesh(
	'POST',
	'X26ABC1',
	'/outbox',
	{ 'mex-from': 'X26ABC1', 'mex-to': 'X26ABC2', 'mex-workflowid': 'TEST_WORKFLOW' },
	'Hello from Node',
);
console.log(sent.status, sent.text);
for (const id of JSON.parse((await mesh('GET', 'X26ABC2', '/inbox')).text).messages) {
	console.log((await mesh('GET', 'X26ABC2', `/inbox/${id}`)).text);
	await mesh('PUT', 'X26ABC2', `/inbox/${id}/status/acknowledged`);
}
agent.destroy();
