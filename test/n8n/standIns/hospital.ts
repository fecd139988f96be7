import { randomUUID } from 'node:crypto';
import type { Received, ServiceMailbox } from './serviceMailbox';
import { all, first, parseXml, valueOf, type Element } from './xml';

const STU3 = 'https://fhir.nhs.uk/STU3';
const RESPONSE_ORDER = ['id', 'meta', 'extension', 'event', 'sender', 'timestamp', 'source', 'response'];
/** Response, severity and issue of the codes that this sender understands. */
const TRIPLES: Record<string, string> = {
	20013: 'ok information informational',
	30001: 'ok information informational',
	30002: 'fatal-error fatal not-found',
	10009: 'fatal-error fatal processing',
};

/** A hospital that sends discharge documents, and checks the answers that it gets. */
export class HospitalStandIn {
	/** Codes of the answers, by the message that they answer. */
	readonly answers: Record<string, string[]> = {};
	readonly complaints: string[] = [];
	private readonly references = new Map<string, string>();

	constructor(private readonly mailbox: ServiceMailbox) {}

	/** @returns the ID of the ITK3 message */
	async discharge(to: string, nhsNumber: string): Promise<string> {
		const itkMessageId = randomUUID();
		const reference = `discharge "${this.references.size}" & more`;
		this.references.set(itkMessageId, reference);
		await this.mailbox.send(
			to,
			'TOC_FHIR_IP_DISCH',
			request(itkMessageId, reference.replaceAll('&', '&amp;').replaceAll('"', '&quot;'), nhsNumber, this.mailbox.mailboxId),
			{ localId: 'X27' },
		);
		return itkMessageId;
	}

	/** What no receiver can read. */
	async garbage(to: string): Promise<void> {
		await this.mailbox.send(to, 'TOC_FHIR_IP_DISCH', '<Bundle xmlns="http://hl7.org/fhir"><entry>', { localId: 'X27' });
	}

	async work(): Promise<void> {
		for (const message of await this.mailbox.collect()) {
			const bundle = parseXml(message.content);
			const header = first(bundle, 'entry/resource/MessageHeader');
			const answered = String(valueOf(header, 'response/identifier'));
			const outcome = outcomeOf(bundle, header);
			const code = String(valueOf(outcome, 'issue/details/coding/code'));
			(this.answers[answered] ??= []).push(code);
			this.complaints.push(...this.complaintsAbout(message, bundle, header, outcome, code));
		}
	}

	private complaintsAbout(
		{ workflowId, from, localId }: Received,
		bundle: Element,
		header: Element | undefined,
		outcome: Element | undefined,
		code: string,
	): string[] {
		const flag = (name: string) => all(header, 'extension/extension').find(({ attributes }) => attributes.url === name);
		const answered = String(valueOf(header, 'response/identifier'));
		const triple = ['response/code']
			.map((path) => valueOf(header, path))
			.concat(['issue/severity', 'issue/code'].map((path) => valueOf(outcome, path)))
			.join(' ');
		const rules: Array<[boolean, string]> = [
			[workflowId === 'TOC_FHIR_IP_DISCH_ACK', `workflow ID ${workflowId}`],
			[localId === 'X27', `local ID ${localId}`],
			[
				valueOf(bundle, 'meta/profile') === `${STU3}/StructureDefinition/ITK-Message-Bundle-1` && valueOf(bundle, 'type') === 'message',
				'it is no ITK3 message bundle',
			],
			[header?.children.map(({ name }) => name).join() === RESPONSE_ORDER.join(), 'the elements of the header are in another order'],
			[valueOf(header, 'event/code') === 'ITK008M', 'the event is not ITK008M'],
			[
				valueOf(flag('BusAckRequested'), 'valueBoolean') === 'false' && valueOf(flag('InfAckRequested'), 'valueBoolean') === 'false',
				'it asks for an answer',
			],
			[
				valueOf(flag('MessageDefinition'), 'valueReference/reference') === `${STU3}/MessageDefinition/ITK-Response-MessageDefinition-1`,
				'the message definition is not that of a response',
			],
			[valueOf(flag('SenderReference'), 'valueString') === (this.references.get(answered) ?? ''), 'the sender reference is not echoed'],
			[this.references.has(answered) || answered === 'UNREADABLE-IN-ORIGINAL-MESSAGE', 'it answers no message of ours'],
			[valueOf(header, 'source/endpoint') === from, 'the endpoint is not the mailbox that it came from'],
			[TRIPLES[code] === triple, `code ${code} with ${triple}`],
			[triple.startsWith('ok') || (valueOf(outcome, 'issue/diagnostics') ?? '') !== '', 'a refusal says not what is wrong'],
		];
		return rules.filter(([holds]) => !holds).map(([, complaint]) => complaint);
	}
}

/** What the header's details refer to. */
function outcomeOf(bundle: Element, header: Element | undefined): Element | undefined {
	const reference = valueOf(header, 'response/details/reference');
	return first(
		all(bundle, 'entry').find((entry) => valueOf(entry, 'fullUrl') === reference),
		'resource/OperationOutcome',
	);
}

/** The envelope is that of the specification; of the document there is only its patient. */
function request(id: string, reference: string, nhsNumber: string, mailboxId: string): string {
	const [organization, document, patient] = [randomUUID(), randomUUID(), randomUUID()];
	const extension = (url: string, value: string) => `<extension url="${url}">${value}</extension>`;
	const entry = (fullUrl: string, resource: string) =>
		`<entry><fullUrl value="urn:uuid:${fullUrl}"/><resource>${resource}</resource></entry>`;
	const flags = [
		extension('BusAckRequested', '<valueBoolean value="true"/>'),
		extension('InfAckRequested', '<valueBoolean value="true"/>'),
		extension('RecipientType', `<valueCoding><system value="${STU3}/CodeSystem/ITK-RecipientType-1"/><code value="FA"/></valueCoding>`),
		extension('SenderReference', `<valueString value="${reference}"/>`),
	].join('');
	const header = `<MessageHeader><id value="${id}"/>${extension(`${STU3}/StructureDefinition/Extension-ITK-MessageHandling-2`, flags)}<event><system value="${STU3}/CodeSystem/ITK-MessageEvent-2"/><code value="ITK003D"/></event><sender><reference value="urn:uuid:${organization}"/></sender><timestamp value="2030-01-07T09:00:00+00:00"/><source><endpoint value="${mailboxId}"/></source><focus><reference value="urn:uuid:${document}"/></focus></MessageHeader>`;
	const content = `<Bundle><id value="${document}"/><type value="document"/>${entry(patient, `<Patient><id value="${patient}"/><identifier><system value="https://fhir.nhs.uk/Id/nhs-number"/><value value="${nhsNumber}"/></identifier></Patient>`)}</Bundle>`;
	return `<Bundle xmlns="http://hl7.org/fhir"><identifier><value value="${randomUUID()}"/></identifier><type value="message"/>${entry(id, header)}${entry(organization, `<Organization><id value="${organization}"/></Organization>`)}${entry(document, content)}</Bundle>`;
}
