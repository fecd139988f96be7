import type { Route } from '../server/context';
import { addEvent } from './addEvent';
import { behaviourCalls } from './behaviourCalls';
import { clockCalls } from './clockCalls';
import { faultCalls } from './faultCalls';
import { inspections } from './inspect';
import { putMailbox } from './putMailbox';
import { putMessageCall } from './putMessage';
import { putReportCall } from './putReport';
import { resets } from './resets';

/** What tests and people do to a sandbox from outside; the real service has none of it. */
export const adminRoutes: Route[] = [...resets, putReportCall, putMessageCall, addEvent, putMailbox, ...inspections, ...clockCalls, ...behaviourCalls, ...faultCalls];
