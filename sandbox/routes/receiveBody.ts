import { refuse } from '../errors/refusals';
import type { MeshRequest } from '../server/context';
import type { IncomingBody } from '../store/bodies';

/** Streams the request's body to disk. Throws 413 as soon as it is known to be too large. */
export async function receiveBody(request: MeshRequest): Promise<IncomingBody> {
	const { context, raw, record } = request;
	const check = (bytes: number) => {
		if (bytes > context.maximumRequestBytes) throw refuse('requestTooLarge');
	};
	check(Number(request.header('content-length') ?? 0));
	return context.bodies.receive(raw, (bytes) => {
		record.requestBytes = bytes;
		check(bytes);
	});
}
