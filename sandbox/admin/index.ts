import { changeBehaviour } from '../contract/behaviour';
import { refuse, Validation } from '../errors/refusals';
import { parseFaultRule } from '../faults/parseFaultRule';
import { emptyAnswer, jsonAnswer } from '../server/answer';
import type { Route, SandboxContext } from '../server/context';
import { putMessage } from '../server/interventions';
import { completeMailbox } from '../store/mailboxes';
import { adminRoute, bodyProblem, readJson, readWorkflowId } from './adminRoute';
import type { JsonFields } from './adminRoute';
import { mailboxDetails, nhsCalls } from './nhsCalls';

/** Puts a message into a mailbox: content as text, as base64, or as a list of base64 chunks. */
const putMessageCall = adminRoute('POST', '/message', async (request) => {
	const fields = await readJson(request);
	const to = fields.text('to').toUpperCase();
	if (!request.context.mailboxes.get(to)) throw refuse('notFound');
	const messageId = await putMessage(request.context, {
		to,
		from: fields.optionalText('from'),
		workflowId: readWorkflowId(request, fields),
		content: contentOf(fields),
		gzip: fields.optionalFlag('gzip'),
		subject: fields.optionalText('subject'),
		localId: fields.optionalText('local_id'),
		fileName: fields.optionalText('file_name'),
		contentType: fields.optionalText('content_type'),
		checksum: fields.optionalText('checksum'),
		partnerId: fields.optionalText('partner_id'),
		encrypted: fields.optionalFlag('encrypted'),
		compressed: fields.optionalFlag('compressed'),
	});
	return jsonAnswer({ message_id: messageId });
});

function contentOf(fields: JsonFields): Buffer | Buffer[] {
	const text = fields.optionalText('content');
	const base64 = fields.optionalText('content_base64');
	const chunks = fields.optionalTexts('chunks_base64');
	if (chunks?.length) return chunks.map((chunk) => Buffer.from(chunk, 'base64'));
	if (base64 !== undefined) return Buffer.from(base64, 'base64');
	if (text !== undefined) return Buffer.from(text);
	throw bodyProblem('content', 'Field required: content, content_base64 or chunks_base64');
}

/** Adds a mailbox, or replaces the settings of one. */
const putMailbox = adminRoute('POST', '/mailbox', async (request) => {
	const { mailboxes, journal } = request.context;
	const mailbox = readMailbox(await readJson(request));
	mailboxes.put(mailbox);
	journal.mailbox(mailbox);
	return jsonAnswer({ mailbox_id: mailbox.mailboxId });
});

function readMailbox(fields: JsonFields) {
	const settings = {
		mailboxId: fields.text('mailbox_id'),
		odsCode: fields.text('ods_code'),
		name: fields.optionalText('mailbox_name'),
		orgCode: fields.optionalText('org_code'),
		orgName: fields.optionalText('org_name'),
		password: fields.optionalText('password'),
		active: fields.optionalFlag('active'),
		workflows: fields.optionalTexts('workflows'),
		sends: fields.optionalTexts('sends'),
	};
	try {
		return completeMailbox(settings);
	} catch (error) {
		throw bodyProblem('mailbox_id', (error as Error).message);
	}
}

const showClock = ({ clock }: SandboxContext) => jsonAnswer({ now: new Date(clock.now()).toISOString(), ahead_ms: clock.offsetMs });

/** Shows sandbox time, moves it on by `advance_ms`, or sets it right again: what falls due happens at once. */
const clockCalls = [
	adminRoute('GET', '/clock', ({ context }) => showClock(context)),
	adminRoute('POST', '/clock', async (request) => {
		const { clock } = request.context;
		const fields = await readJson(request);
		const [milliseconds, isReset] = [fields.optionalNumber('advance_ms'), fields.optionalFlag('reset') ?? false];
		if (isReset) {
			if (milliseconds !== undefined) throw bodyProblem('reset', 'Give either reset or advance_ms');
			clock.reset();
		} else {
			if (milliseconds === undefined || !clock.canAdvance(milliseconds))
				throw bodyProblem('advance_ms', 'Input should be a number, 0 or more, that leads to the year 9999 at most');
			clock.advance(milliseconds);
		}
		return showClock(request.context);
	}),
];

/** Shows the switches, or changes those given. */
const behaviourCalls = [
	adminRoute('GET', '/behaviour', ({ context }) => jsonAnswer(context.behaviour)),
	adminRoute('PATCH', '/behaviour', async (request) => {
		const { all } = await readJson(request);
		const { behaviour, journal } = request.context;
		const problem = changeBehaviour(behaviour, all);
		if (problem) throw bodyProblem(problem.name, problem.text);
		journal.switches(all);
		return jsonAnswer(behaviour);
	}),
];

/** Shows, arms and clears faults; a `path` between slashes is an expression, any other a text. */
const faultCalls = [
	adminRoute('GET', '/faults', ({ context }) => {
		const rules = context.faults.list().map((rule) => ({ ...rule, path: rule.path?.toString() }));
		return jsonAnswer({ faults: rules });
	}),
	adminRoute('POST', '/faults', async (request) => {
		const rule = parseFaultRule((await readJson(request)).all);
		if ('problem' in rule) throw bodyProblem(rule.field, rule.problem);
		request.context.faults.arm(rule);
		return emptyAnswer(201);
	}),
	adminRoute('DELETE', '/faults', ({ context }) => {
		context.faults.clear();
		return emptyAnswer();
	}),
];

/** All mailboxes, and the request log. */
const inspections = [
	adminRoute('GET', '/mailboxes', ({ context }) =>
		jsonAnswer({ mailboxes: context.mailboxes.all().map((mailbox) => mailboxDetails(context, mailbox)) }),
	),
	adminRoute('GET', '/requests', ({ context, query }) => {
		const validation = new Validation();
		const after = validation.integer('query', 'after', query.after, 0, 0);
		validation.done();
		return jsonAnswer({ requests: context.log.requests.filter(({ id }) => id > after) });
	}),
];

/** What tests and people do to a sandbox from outside; the real service has none of it. */
export const adminRoutes: Route[] = [
	...nhsCalls,
	putMessageCall,
	putMailbox,
	...inspections,
	...clockCalls,
	...behaviourCalls,
	...faultCalls,
];
