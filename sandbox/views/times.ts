import { LATEST_TIME_MS } from '../clock';

/** Something far enough off, such as an expiry that was put off for ever, is told as the last time there is. */
const date = (time: number) => new Date(Math.min(time, LATEST_TIME_MS));
const iso = (time: number) => date(time).toISOString();

/** `yyyyMMddHHmmss`, UTC: v1 tracking and `mex-statustimestamp`. */
export const compactTime = (time: number): string => iso(time).slice(0, 19).replace(/[-T:]/g, '');

/** ISO 8601 with microseconds and no zone, UTC meant: v2 tracking and the rich views. */
export const isoTime = (time: number): string => `${iso(time).slice(0, 23)}000`;

/** `Sun, 22 Nov 2026 07:16:39 GMT`; the NHS sandbox ends it in UTC. */
export const httpTime = (time: number, zone: 'GMT' | 'UTC'): string => date(time).toUTCString().replace('GMT', zone);
