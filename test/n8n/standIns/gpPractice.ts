import { randomUUID } from 'node:crypto';
import { isNhsNumber, type Received, type ServiceMailbox } from './serviceMailbox';
import { all, first, parseXml, valueOf, type Element } from './xml';

const STU3 = 'https://fhir.nhs.uk/STU3';
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)$/;
const HEADER_ORDER = ['id', 'meta', 'extension', 'event', 'sender', 'timestamp', 'source', 'focus'];
const FLAGS = ['BusAckRequested', 'InfAckRequested', 'RecipientType', 'MessageDefinition', 'SenderReference', 'LocalExtension'];

/** Of the parts of an ITK3 message in FHIR's order; those in brackets may be absent. */
const ORDERS = {
	Bundle: 'id? meta identifier type entry*',
	Composition: 'id meta? status type subject date author title confidentiality custodian relatesTo? section*',
};

/** What differs between the services that a practice offers. */
interface Service {
	workflowId: string;
	event: string;
	eventName: string;
	/** Those that one text or another has. */
	messageDefinitions: string[];
	localExtensions: string[];
	subject(facts: Record<'title' | 'patient' | 'nhsNumber' | 'place' | 'odsCode', string | undefined>): RegExp;
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export const SERVICES = {
	sendDocument: {
		workflowId: 'GPFED_CONSULT_REPORT',
		event: 'ITK007C',
		eventName: 'ITK GP Connect Send Document',
		messageDefinitions: ['-MessageDefinition-1', '-MessageDefinition-Instance-1'].map(
			(end) => `${STU3}/MessageDefinition/ITK-GPConnectSendDocument${end}`,
		),
		localExtensions: ['SendDocument-ConsultationReport', 'NONE'],
		subject: ({ title, patient, nhsNumber, place, odsCode }) =>
			new RegExp(`^${literally(`${title} for ${patient} , NHS Number ${nhsNumber}, seen at ${place}, ODS Code ${odsCode}`)}$`),
	},
	updateRecord: {
		workflowId: 'GPCONNECT_UPDATE_RECORD',
		event: 'ITK014M',
		eventName: 'ITK Update Record',
		messageDefinitions: ['https://fhir.nhs.uk/MessageDefinition'],
		localExtensions: ['None'],
		subject: ({ title, patient, nhsNumber, place, odsCode }) =>
			new RegExp(
				`^${literally(`${title} for ${patient}, NHS Number: ${nhsNumber}, seen at ${place}, ODS code: ${odsCode}, version `)}\\S+$`,
			),
	},
} satisfies Record<string, Service>;

/** Who is registered with the practice. MESH has brought nothing that was not addressed to this patient. */
interface Registered {
	nhsNumber: string;
	/** YYYYMMDD. */
	dateOfBirth: string;
	surname: string;
}

/** A document as the practice has read it. */
interface ArrivedDocument {
	itkMessageId: string;
	senderReference: string;
	from: string;
	content: Buffer;
}

/** What the practice finds about the patient; a negative answer is final. */
type Verdict = 'accepted' | 'patientNotKnown' | 'unreadable';

/** A GP practice behind GP Connect: checks each ITK3 message, and answers as its handling flags ask. */
export class GpPracticeStandIn {
	readonly documents: ArrivedDocument[] = [];
	readonly complaints: string[] = [];
	private readonly seen = new Set<string>();

	constructor(
		private readonly mailbox: ServiceMailbox,
		private readonly registered: Registered,
		private readonly service: Service = SERVICES.sendDocument,
	) {}

	/** Reads what has arrived, and answers it. */
	async work(verdict: Verdict): Promise<void> {
		for (const message of await this.mailbox.collect()) {
			const complaints = this.check(message);
			this.complaints.push(...complaints);
			if (complaints.length > 0) continue;
			const header = first(parseXml(message.content), 'entry/resource/MessageHeader');
			const itkMessageId = String(valueOf(header, 'id'));
			const senderReference = String(flag(header, 'SenderReference'));
			this.documents.push({ itkMessageId, senderReference, from: message.from, content: documentIn(message.content) });
			await this.answer(message.from, itkMessageId, senderReference, verdict === 'unreadable' ? '10009' : '20013');
			if (verdict !== 'unreadable')
				await this.answer(message.from, itkMessageId, senderReference, verdict === 'accepted' ? '30001' : '30002');
		}
	}

	/** An ITK3 response: positive for 20013 and 30001, else with the words of the practice, which name the patient. */
	async answer(to: string, respondsTo: string, senderReference: string, code: string): Promise<string> {
		const bundle = responseBundle(respondsTo, senderReference, code, this.mailbox.mailboxId);
		return await this.mailbox.send(to, `${this.service.workflowId}_ACK`, bundle, { localId: `busAck-${respondsTo}` });
	}

	private check(message: Received): string[] {
		try {
			return this.complaintsAbout(message, parseXml(message.content));
		} catch (error) {
			return [(error as Error).message];
		}
	}

	private complaintsAbout({ workflowId, from, subject, localId }: Received, bundle: Element): string[] {
		const header = first(bundle, 'entry/resource/MessageHeader');
		const resolve = (path: string, within: Element | undefined) => {
			const reference = valueOf(within, path);
			return [...all(bundle, 'entry'), ...all(bundle, 'entry/resource/Bundle/entry')].find(
				(entry) => valueOf(entry, 'fullUrl') === reference,
			);
		};
		const itkMessageId = valueOf(header, 'id') ?? '';
		const sender = first(resolve('sender/reference', header), 'resource/Organization');
		const document = first(resolve('focus/reference', header), 'resource/Bundle');
		const composition = first(document, 'entry/resource/Composition');
		const patient = first(resolve('subject/reference', composition), 'resource/Patient');
		const main = first(resolve('section/entry/reference', composition), 'resource/Binary');
		const recipientType = all(header, 'extension/extension').find(({ attributes }) => attributes.url === 'RecipientType');
		const name = `${valueOf(patient, 'name/given')} ${valueOf(patient, 'name/family')}`;
		const nhsNumber = valueOf(patient, 'identifier/value') ?? '';
		const odsCode = valueOf(sender, 'identifier/value');
		const ids = [bundle, ...all(document, 'entry'), ...all(bundle, 'entry')].flatMap((entry) => valueOf(entry, 'fullUrl') ?? []);
		const rules: Array<[boolean, string]> = [
			[workflowId === this.service.workflowId, `workflow ID ${workflowId}`],
			[
				bundle.name === 'Bundle' && bundle.attributes.xmlns === 'http://hl7.org/fhir' && valueOf(bundle, 'type') === 'message',
				'it is no message bundle of FHIR',
			],
			[all(bundle, 'identifier/value').length === 1, 'the bundle has not one identifier'],
			[
				all(bundle, 'entry').at(0) === all(bundle, 'entry').find((entry) => first(entry, 'resource/MessageHeader')),
				'the header is not the first entry',
			],
			[UUID.test(itkMessageId) && !this.seen.has(itkMessageId), 'the message ID is no UUID, or that of an earlier message'],
			[header?.children.map(({ name: each }) => each).join() === HEADER_ORDER.join(), 'the elements of the header are in another order'],
			[
				all(header, 'extension').length === 1 &&
					first(header, 'extension')?.attributes.url === `${STU3}/StructureDefinition/Extension-ITK-MessageHandling-2` &&
					all(header, 'extension/extension')
						.map(({ attributes }) => attributes.url)
						.join() === FLAGS.join() &&
					FLAGS.every((each) => (flag(header, each) ?? '') !== ''),
				'the handling flags are not each there once',
			],
			[
				valueOf(recipientType, 'valueCoding/system') === `${STU3}/CodeSystem/ITK-RecipientType-1` &&
					valueOf(recipientType, 'valueCoding/code') === 'FA',
				'the recipient type is not "for action"',
			],
			[this.service.messageDefinitions.includes(flag(header, 'MessageDefinition') ?? ''), 'the message definition is not known'],
			[this.service.localExtensions.includes(flag(header, 'LocalExtension') ?? ''), 'the local extension is not known'],
			[INSTANT.test(valueOf(header, 'timestamp') ?? ''), 'the time of sending has no offset'],
			...Object.entries({
				'ITK-Message-Bundle-1': bundle,
				'ITK-MessageHeader-2': header,
				'CareConnect-ITK-Header-Organization-1': sender,
				'ITK-Document-Bundle-1': document,
			}).map(([profile, resource]): [boolean, string] => [
				valueOf(resource, 'meta/profile') === `${STU3}/StructureDefinition/${profile}`,
				`the profile ${profile} is not named`,
			]),
			...[...all(bundle, 'entry'), ...all(document, 'entry')].map((entry): [boolean, string] => {
				const id = valueOf(first(entry, 'resource')?.children[0], 'id') ?? '';
				return [UUID.test(id) && valueOf(entry, 'fullUrl') === `urn:uuid:${id}`, `the full URL of ${id} is not that of its ID`];
			}),
			...[bundle, document].map((each): [boolean, string] => [
				isInOrder(each, ORDERS.Bundle),
				'the elements of a bundle are in another order',
			]),
			[isInOrder(composition, ORDERS.Composition), 'the elements of the composition are in another order'],
			[
				first(document, 'entry/resource')?.children[0] === composition && valueOf(composition, 'status') === 'final',
				'the document does not begin with a final composition',
			],
			[['N', 'R'].includes(valueOf(composition, 'confidentiality') ?? ''), 'the confidentiality is neither N nor R'],
			[valueOf(composition, 'type/coding/system') === 'http://snomed.info/sct', 'the type of the document is not of SNOMED'],
			[INSTANT.test(valueOf(composition, 'date') ?? ''), 'the date of the document has no offset'],
			[
				valueOf(patient, 'identifier/system') === 'https://fhir.nhs.uk/Id/nhs-number' &&
					nhsNumber === this.registered.nhsNumber &&
					valueOf(patient, 'birthDate')?.replaceAll('-', '') === this.registered.dateOfBirth &&
					valueOf(patient, 'name/family') === this.registered.surname,
				'the patient in it is not the one that it is addressed to',
			],
			[
				flag(header, 'BusAckRequested') === 'true' && flag(header, 'InfAckRequested') === 'true',
				'GP Connect asks for both acknowledgements',
			],
			[
				valueOf(header, 'event/system') === `${STU3}/CodeSystem/ITK-MessageEvent-2` &&
					valueOf(header, 'event/code') === this.service.event &&
					valueOf(header, 'event/display') === this.service.eventName,
				`the event is not ${this.service.event}`,
			],
			[all(header, 'focus').length === 1 && valueOf(document, 'type') === 'document', 'the focus is not the one document bundle'],
			[valueOf(header, 'source/endpoint') === from, 'the endpoint is not the mailbox that the message came from'],
			[valueOf(sender, 'identifier/system') === ODS && localId === odsCode, 'the local ID is not the ODS code of the sender'],
			[isNhsNumber(nhsNumber), 'the NHS number is not valid'],
			[
				this.service
					.subject({ title: valueOf(composition, 'title'), patient: name, nhsNumber, place: valueOf(sender, 'name'), odsCode })
					.test(subject),
				`subject ${subject}`,
			],
			[
				valueOf(main, 'contentType') === 'application/pdf' && documentIn(main).subarray(0, 5).toString() === '%PDF-',
				'the first section leads to no PDF',
			],
			[new Set(ids).size === ids.length, 'a fullUrl is used twice'],
			[
				['author', 'custodian'].every((each) => resolve(`${each}/reference`, composition) !== undefined),
				'author or custodian is not in the document',
			],
		];
		this.seen.add(itkMessageId);
		return rules.filter(([holds]) => !holds).map(([, complaint]) => complaint);
	}
}

/** Whether the children of an element come in an order such as `id? meta entry*`. */
function isInOrder(element: Element | undefined, order: string): boolean {
	const pattern = order.replace(/(\w+)([?*]?) ?/g, '(?:$1 )$2');
	return new RegExp(`^${pattern}$`).test(element?.children.map(({ name }) => `${name} `).join('') ?? '');
}

/** The value of a handling flag, of whichever type. */
function flag(header: Element | undefined, name: string): string | undefined {
	const found = all(header, 'extension/extension').find(({ attributes }) => attributes.url === name);
	return ['valueBoolean', 'valueString', 'valueCoding/code', 'valueReference/reference']
		.map((path) => valueOf(found, path))
		.find((value) => value !== undefined);
}

/** The content of the document's first Binary. */
function documentIn(where: Buffer | Element | undefined): Buffer {
	const binary = Buffer.isBuffer(where)
		? first(parseXml(where), 'entry/resource/Bundle')
				?.children.flatMap((entry) => all(entry, 'resource/Binary'))
				.at(0)
		: where;
	return Buffer.from(valueOf(binary, 'content') ?? '', 'base64');
}

function responseBundle(respondsTo: string, senderReference: string, code: string, mailboxId: string): string {
	const [bundle, header, organization, outcome] = Array.from({ length: 4 }, () => randomUUID());
	const isPositive = code === '20013' || code === '30001';
	const extension = (url: string, value: string) => `<extension url="${url}">${value}</extension>`;
	const flags = [
		extension('BusAckRequested', '<valueBoolean value="false"/>'),
		extension('InfAckRequested', '<valueBoolean value="false"/>'),
		extension(
			'RecipientType',
			`<valueCoding><system value="${STU3}/CodeSystem/ITK-RecipientType-1"/><code value="FI"/><display value="For Information"/></valueCoding>`,
		),
		extension(
			'MessageDefinition',
			`<valueReference><reference value="${STU3}/MessageDefinition/ITK-Response-MessageDefinition-1"/></valueReference>`,
		),
		extension('SenderReference', `<valueString value="${senderReference}"/>`),
		extension('LocalExtension', '<valueString value="None"/>'),
	].join('');
	const entry = (id: string, resource: string) => `<entry><fullUrl value="urn:uuid:${id}"/><resource>${resource}</resource></entry>`;
	const [severity, issueCode] = isPositive ? ['information', 'informational'] : ['fatal', code === '30002' ? 'not-found' : 'processing'];
	const diagnostics = isPositive ? '' : '<diagnostics value="Ben Testpatient is not known here"/>';
	return [
		`<Bundle xmlns="http://hl7.org/fhir"><meta><profile value="${STU3}/StructureDefinition/ITK-Message-Bundle-1"/></meta><identifier><value value="${bundle}"/></identifier><type value="message"/>`,
		entry(
			header,
			`<MessageHeader><id value="${header}"/>${extension(`${STU3}/StructureDefinition/Extension-ITK-MessageHandling-2`, flags)}<event><system value="${STU3}/CodeSystem/ITK-MessageEvent-2"/><code value="ITK008M"/></event><sender><reference value="urn:uuid:${organization}"/></sender><timestamp value="2030-01-07T09:05:00+00:00"/><source><endpoint value="${mailboxId}"/></source><response><identifier value="${respondsTo}"/><code value="${isPositive ? 'ok' : 'fatal-error'}"/><details><reference value="urn:uuid:${outcome}"/></details></response></MessageHeader>`,
		),
		entry(
			organization,
			`<Organization><id value="${organization}"/><identifier><system value="${ODS}"/><value value="X27"/></identifier></Organization>`,
		),
		entry(
			outcome,
			`<OperationOutcome><id value="${outcome}"/><issue><severity value="${severity}"/><code value="${issueCode}"/><details><coding><system value="${STU3}/CodeSystem/ITK-ResponseCodes-1"/><code value="${code}"/></coding></details>${diagnostics}</issue></OperationOutcome>`,
		),
		'</Bundle>',
	].join('');
}
