import type { IPollFunctions } from 'n8n-workflow';
import { isNewContext } from './sessions';

/** Why n8n polls. */
export interface PollOccasion {
	/** n8n waits for this poll before the workflow counts as active: it must return soon. */
	isActivation: boolean;
	/** A person has activated or republished the workflow and sees what this poll throws. */
	isByPerson: boolean;
	/** How long this poll may go on handing over. */
	budgetMs: number;
}

/** Fits into n8n's shortest poll interval, where the host names no budget (before n8n 2). */
const DEFAULT_BUDGET_MS = 45_000;

/** n8n's budget without its durable scheduler. */
const UNSCHEDULED_BUDGET_MS = 5 * 60_000;

/**
 * n8n's first poll of an activation is part of activating. Under the durable scheduler every poll has a context of its own
 * that says `update`; only its smaller budget tells it from a republished workflow.
 */
export function pollOccasion(context: IPollFunctions): PollOccasion {
	const budget = hostBudget(context);
	const mode = context.getActivationMode();
	const isScheduled = mode === 'update' && budget !== undefined && budget < UNSCHEDULED_BUDGET_MS;
	const isActivation = isNewContext(context) && !isScheduled;
	return {
		isActivation,
		isByPerson: isActivation && mode !== 'init' && mode !== 'leadershipChange',
		budgetMs: budget ?? DEFAULT_BUDGET_MS,
	};
}

function hostBudget(context: { getPollBudgetMs?: () => number }): number | undefined {
	return context.getPollBudgetMs?.();
}
