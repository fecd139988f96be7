import type { ResponseBody } from './responseBody';

/** A request body of known length, for one attempt only. */
export interface RequestBody {
	length: number;
	/** Each piece is used up before the next is asked for. */
	pieces: AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
	/** The call in words, for errors. */
	call: string;
	method: 'GET' | 'HEAD' | 'POST' | 'PUT';
	path: string;
	headers: Record<string, string>;
	body?: RequestBody;
	signal?: AbortSignal;
}

/** Names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpResponse {
	status: number;
	headers: ResponseHeaders;
	/** To be read to its end or discarded, else it holds its connection. */
	body: ResponseBody;
}

/** One pool of connections to one host. */
export interface Transport {
	/** Throws `MeshError`; its `ambiguous` is true when the request may have reached the server. */
	request(request: HttpRequest): Promise<HttpResponse>;
	/** Closes the connections once running requests are done. */
	close(): Promise<void>;
}

/** The value of a header, the first one where it came several times. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
	const value = headers[name];
	return Array.isArray(value) ? value[0] : value;
}
