import { networkInterfaces } from 'node:os';
import '../cli';
import { forward } from './forward';

// The image's entry point. The sandbox itself listens on 127.0.0.1 only, which nothing outside a container reaches: the
// ports are opened here on the container's own addresses, and `docker run -p 127.0.0.1:...` says who gets to them.

const ports = [process.env.MESH_SANDBOX_PORT, process.env.MESH_SANDBOX_PAGE_PORT].map(Number).filter((port) => port > 0);
const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal);

for (const { address } of addresses) {
	for (const port of ports) {
		forward(address, port).catch((error: Error) => process.stderr.write(`Cannot open port ${port} of ${address}: ${error.message}\n`));
	}
}
