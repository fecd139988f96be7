const iso = (time: number) => new Date(time).toISOString();

/** `yyyyMMddHHmmss`, UTC: v1 tracking and `mex-statustimestamp`. */
export const compactTime = (time: number): string => iso(time).slice(0, 19).replace(/[-T:]/g, '');

/** ISO 8601 with microseconds and no zone, UTC meant: v2 tracking and the rich views. */
export const isoTime = (time: number): string => `${iso(time).slice(0, 23)}000`;

/** `Sun, 22 Nov 2026 07:16:39 GMT`; the NHS sandbox ends it in UTC. */
export const httpTime = (time: number, zone: 'GMT' | 'UTC'): string => new Date(time).toUTCString().replace('GMT', zone);
