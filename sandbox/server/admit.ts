import { authorize } from '../auth/authorize';
import type { Fault } from '../contract/faults';
import { refuse } from '../errors/refusals';
import type { MeshRequest, Route, SandboxContext } from './context';

/** Checks who asks and finds the fault for the request. */
export function admit(context: SandboxContext, route: Route, mesh: MeshRequest): void {
	if (route.access === 'token') {
		mesh.mailbox = authorize(context.authority, mesh.params.mailbox, mesh.header('authorization'));
		mesh.fault = takeFault(context, route, mesh);
		if (!mesh.fault) context.limiter.count(mesh.mailbox.mailboxId);
	} else if (route.access === 'loopback') {
		checkLocal(mesh);
	} else {
		mesh.fault = takeFault(context, route, mesh);
	}
}

/** Admin calls come from this machine, and not from some website that is open in a browser on it. */
function checkLocal(mesh: MeshRequest): void {
	const isLocal = /^(::ffff:)?127\.|^::1$/.test(mesh.raw.socket.remoteAddress ?? '');
	const host = mesh.header('host') ?? '';
	const origin = mesh.header('origin');
	const isLocalHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
	if (!isLocal || !isLocalHost || (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host)) throw refuse('forbidden');
}

function takeFault(context: SandboxContext, { call }: Route, { record }: MeshRequest): Fault | undefined {
	const { method, path, chunk } = record;
	return context.faults.take({ call, method, path, chunk });
}
