import type { IDataObject } from 'n8n-workflow';

/** An item's JSON from a record of the client: dates as ISO 8601 text, absent values and impossible times left out, order kept. */
export function flat(record: Record<string, string | number | boolean | Date | undefined>): IDataObject {
	const json: IDataObject = {};
	for (const [key, value] of Object.entries(record)) {
		if (value instanceof Date) {
			if (!Number.isNaN(value.getTime())) json[key] = value.toISOString();
		} else if (value !== undefined) {
			json[key] = value;
		}
	}
	return json;
}
