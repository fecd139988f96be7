import { randomUUID } from 'node:crypto';
import { isNhsNumber, type Received, type ServiceMailbox } from './serviceMailbox';
import { all, first, parseXml, valueOf, type Element } from './xml';

const STU3 = 'https://fhir.nhs.uk/STU3';
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const HEADER_ORDER = ['id', 'meta', 'extension', 'event', 'sender', 'timestamp', 'source', 'focus'];
const FLAGS = ['BusAckRequested', 'InfAckRequested', 'RecipientType', 'MessageDefinition', 'SenderReference', 'LocalExtension'];

/** A document as the practice has read it. */
export interface ArrivedDocument {
	itkMessageId: string;
	senderReference: string;
	from: string;
	content: Buffer;
}

/** What the practice finds about the patient; a negative answer is final. */
type Verdict = 'accepted' | 'patientNotKnown' | 'unreadable';

/** A GP practice behind GP Connect Send Document: checks each ITK3 message, and answers as its handling flags ask. */
export class GpPracticeStandIn {
	readonly documents: ArrivedDocument[] = [];
	readonly complaints: string[] = [];
	private readonly seen = new Set<string>();

	constructor(private readonly mailbox: ServiceMailbox) {}

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
		return await this.mailbox.send(to, 'GPFED_CONSULT_REPORT_ACK', bundle, { localId: `busAck-${respondsTo}` });
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
		const name = `${valueOf(patient, 'name/given')} ${valueOf(patient, 'name/family')}`;
		const nhsNumber = valueOf(patient, 'identifier/value') ?? '';
		const odsCode = valueOf(sender, 'identifier/value');
		const ids = [bundle, ...all(document, 'entry'), ...all(bundle, 'entry')].flatMap((entry) => valueOf(entry, 'fullUrl') ?? []);
		const rules: Array<[boolean, string]> = [
			[workflowId === 'GPFED_CONSULT_REPORT', `workflow ID ${workflowId}`],
			[
				bundle.name === 'Bundle' && bundle.attributes.xmlns === 'http://hl7.org/fhir' && valueOf(bundle, 'type') === 'message',
				'it is no message bundle of FHIR',
			],
			[all(bundle, 'identifier/value').length === 1, 'the bundle has not one identifier'],
			[
				all(bundle, 'entry').at(0) === all(bundle, 'entry').find((entry) => first(entry, 'resource/MessageHeader')),
				'the header is not the first entry',
			],
			[
				/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(itkMessageId) && !this.seen.has(itkMessageId),
				'the message ID is no UUID, or that of an earlier message',
			],
			[header?.children.map(({ name: each }) => each).join() === HEADER_ORDER.join(), 'the elements of the header are in another order'],
			[FLAGS.every((each) => flag(header, each) !== undefined), 'a handling flag is missing'],
			[
				flag(header, 'BusAckRequested') === 'true' && flag(header, 'InfAckRequested') === 'true',
				'GP Connect asks for both acknowledgements',
			],
			[
				valueOf(header, 'event/system') === `${STU3}/CodeSystem/ITK-MessageEvent-2` && valueOf(header, 'event/code') === 'ITK007C',
				'the event is not ITK007C',
			],
			[all(header, 'focus').length === 1 && valueOf(document, 'type') === 'document', 'the focus is not the one document bundle'],
			[valueOf(header, 'source/endpoint') === from, 'the endpoint is not the mailbox that the message came from'],
			[valueOf(sender, 'identifier/system') === ODS && localId === odsCode, 'the local ID is not the ODS code of the sender'],
			[isNhsNumber(nhsNumber), 'the NHS number is not valid'],
			[
				subject === `Consultation report for ${name} , NHS Number ${nhsNumber}, seen at ${valueOf(sender, 'name')}, ODS Code ${odsCode}`,
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
