/** A local MESH server for development and tests. */
export { startSandbox } from './startSandbox';
export { createCertificates } from './certificates/certificateSet';
export { DEFAULT_BEHAVIOUR, NHS_SANDBOX_BEHAVIOUR } from './contract/behaviour';
export type { Behaviour, Patient, RateLimit } from './contract/behaviour';
export type { CallName, RecordedRequest } from './contract/faults';
export type { Fault, FaultRule, HeaderLines } from './contract/faults';
export type { MessageStatus, MessageToPut, MessageType, MessageView, ReportToPut, StatusEvent } from './contract/messages';
export type { CertificateSet, KeyPair, MailboxSettings, Sandbox, SandboxClock, SandboxOptions } from './contract/sandbox';
