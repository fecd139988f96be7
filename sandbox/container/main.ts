import { networkInterfaces } from 'node:os';
import { runSandbox } from '../cli/run';
import { answerHealthChecks } from './healthSocket';
import { openPorts } from './ports';

// The image's entry point. The sandbox itself listens on 127.0.0.1 only, which nothing outside a container reaches: its
// ports are opened here on the container's own addresses, and `docker run -p 127.0.0.1:...` says who gets to them.

const complain = (line: string) => void process.stderr.write(`${line}\n`);
const addresses = Object.values(networkInterfaces())
	.flatMap((each) => each ?? [])
	.filter(({ family, internal }) => family === 'IPv4' && !internal);

void runSandbox(process.argv.slice(2), process.env).then(async (sandbox) => {
	if (!sandbox) return;
	await openPorts(
		sandbox,
		addresses.map(({ address }) => address),
		complain,
	);
	await answerHealthChecks(sandbox).catch((error: Error) => complain(`The health check cannot be answered: ${error.message}`));
});
