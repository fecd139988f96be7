import { randomUUID } from 'node:crypto';
import type { ServiceMailbox } from './serviceMailbox';

const STU3 = 'https://fhir.nhs.uk/STU3';

/** An event as its publisher gave it to NEMS. */
interface NemsEvent {
	code: 'pds-change-of-gp-1' | 'pds-death-notification-1' | 'pds-birth-notification-1';
	/** ID of the message header: the same when the event is published again. */
	id: string;
	/** Absent in birth notifications, which need no details of the patient. */
	nhsNumber?: string;
	changedAt?: string;
	entries: Array<{ id: string; resource: string }>;
}

/** NEMS: puts the unchanged event into a subscriber's mailbox, and wants no answer. */
export class NemsStandIn {
	constructor(private readonly mailbox: ServiceMailbox) {}

	async publish(to: string, event: NemsEvent, partnerId?: string): Promise<string> {
		const workflows = {
			'pds-change-of-gp-1': 'CHANGEOFGP_1',
			'pds-death-notification-1': 'DEATHNOTIFICATION_1',
			'pds-birth-notification-1': 'BIRTHNOTIFICATION_1',
		};
		return await this.mailbox.send(to, workflows[event.code], bundle(event), { partnerId });
	}

	/** What subscribers have sent to NEMS, which is nothing they should. */
	async answers(): Promise<number> {
		return (await this.mailbox.collect()).length;
	}
}

/** A patient who moved from practice Z99902 to Z99901. */
export function changeOfGp(nhsNumber: string): NemsEvent {
	const [communication, patient, practice, episode, former] = Array.from({ length: 5 }, () => randomUUID());
	return {
		code: 'pds-change-of-gp-1',
		id: randomUUID(),
		nhsNumber,
		changedAt: '2030-01-07T09:00:33+00:00',
		// In any order: here the practices come before those who name them.
		entries: [
			{
				id: practice,
				resource: `<Organization><id value="${practice}"/>${odsCode('Z99901')}<name value="NEW TEST PRACTICE"/></Organization>`,
			},
			{ id: former, resource: `<Organization><id value="${former}"/>${odsCode('Z99902')}<name value="OLD TEST PRACTICE"/></Organization>` },
			{
				id: communication,
				resource: `<Communication><id value="${communication}"/><status value="completed"/><subject><reference value="urn:uuid:${patient}"/></subject></Communication>`,
			},
			{
				id: patient,
				resource: `<Patient><id value="${patient}"/>${identifier(nhsNumber)}<generalPractitioner><reference value="${practice}"/></generalPractitioner></Patient>`,
			},
			{
				id: episode,
				resource: `<EpisodeOfCare><id value="${episode}"/><status value="finished"/><managingOrganization><reference value="urn:uuid:${former}"/></managingOrganization></EpisodeOfCare>`,
			},
		],
	};
}

/** A death, or with status U the removal of its notification. */
export function deathNotification(nhsNumber: string, status: '1' | '2' | 'U'): NemsEvent {
	const patient = randomUUID();
	const code = `<valueCodeableConcept><coding><system value="${STU3}/CodeSystem/DeathNotificationStatus-1"/><code value="${status}"/></coding></valueCodeableConcept>`;
	const notification = `<extension url="https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-DeathNotificationStatus-1"><extension url="deathNotificationStatus">${code}</extension><extension url="systemEffectiveDate"><valueDateTime value="2030-01-06"/></extension></extension>`;
	return {
		code: 'pds-death-notification-1',
		id: randomUUID(),
		nhsNumber,
		changedAt: '2030-01-07T10:00:00+00:00',
		entries: [
			{
				id: patient,
				resource: `<Patient><id value="${patient}"/>${notification}${identifier(nhsNumber)}${status === 'U' ? '' : '<deceasedDateTime value="2030-01-05"/>'}</Patient>`,
			},
		],
	};
}

/** Of which neither patient nor time of the change has to be given. */
export function birthNotification(): NemsEvent {
	const patient = randomUUID();
	return {
		code: 'pds-birth-notification-1',
		id: randomUUID(),
		entries: [{ id: patient, resource: `<Patient><id value="${patient}"/></Patient>` }],
	};
}

const odsCode = (code: string) =>
	`<identifier><system value="https://fhir.nhs.uk/Id/ods-organization-code"/><value value="${code}"/></identifier>`;
const identifier = (nhsNumber: string) =>
	`<identifier><system value="https://fhir.nhs.uk/Id/nhs-number"/><value value="${nhsNumber}"/></identifier>`;
const entry = (id: string, resource: string) => `<entry><fullUrl value="urn:uuid:${id}"/><resource>${resource}</resource></entry>`;

function bundle({ code, id, nhsNumber, changedAt, entries }: NemsEvent): string {
	const extension = (name: string) => `${STU3}/StructureDefinition/Extension-${name}-1`;
	const patient = nhsNumber
		? `<extension url="${extension('RoutingDemographics')}"><extension url="nhsNumber"><valueIdentifier><system value="https://fhir.nhs.uk/Id/nhs-number"/><value value="${nhsNumber}"/></valueIdentifier></extension><extension url="birthDateTime"><valueDateTime value="1955-01-09"/></extension></extension>`
		: '';
	const action = `<extension url="${extension('MessageEventType')}"><valueCodeableConcept><coding><system value="${STU3}/CodeSystem/MessageEventType-1"/><code value="new"/></coding></valueCodeableConcept></extension>`;
	const header = [
		`<MessageHeader><id value="${id}"/>`,
		`<meta>${changedAt ? `<versionId value="1"/><lastUpdated value="${changedAt}"/>` : ''}<profile value="${STU3}/StructureDefinition/Event-MessageHeader-1"/></meta>`,
		patient,
		action,
		`<event><system value="${STU3}/CodeSystem/EventType-1"/><code value="${code}"/></event><timestamp value="2030-01-07T09:00:40+00:00"/>`,
		'<source><name value="Stand-in"/><contact><system value="email"/><value value="nobody@example.org"/></contact><endpoint value="urn:nhs:addressing:asid:000000000000"/></source>',
		`<focus><reference value="urn:uuid:${entries[0].id}"/></focus></MessageHeader>`,
	].join('');
	const all = [entry(id, header), ...entries.map((one) => entry(one.id, one.resource))];
	return `<Bundle xmlns="http://hl7.org/fhir"><id value="${randomUUID()}"/><type value="message"/>${all.join('\n')}</Bundle>`;
}
