/**
 * What the sandbox sends to the page.
 * @typedef {import('../../../contract/faults').RecordedRequest} RecordedRequest
 * @typedef {import('../../../contract/faults').CallName} CallName
 * @typedef {import('../../../contract/faults').FaultRule} FaultRule
 * @typedef {import('../../../contract/messages').StatusEvent} StatusEvent
 * @typedef {import('../../dataCalls').MailboxSummary} MailboxSummary
 * @typedef {import('../../dataCalls').MessageSummary} MessageSummary
 * @typedef {import('../../dataCalls').PageState} PageState
 * @typedef {import('../../dataCalls').MessageDetails} MessageDetails
 * @typedef {import('../../preview').Preview} Preview
 * @typedef {import('../../feed').RequestsEvent} RequestsEvent
 * @typedef {'inbox' | 'outbox'} Box
 * @typedef {{ total: number, messages: MessageSummary[] }} BoxContents
 */
export {};
