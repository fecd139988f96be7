import type { INodeProperties } from 'n8n-workflow';
import { simplifyParameter } from '../../transport/simplify';
import { workflowFilterParameters } from '../../transport/workflowFilterParameters';
import { acknowledgeField, acknowledgeNotices } from './acknowledgeField';
import { contentFields } from './contentFields';
import { optionFields } from './optionFields';

/** Parameters of the trigger, in the order of the editor; n8n adds Poll Times above them. */
export const triggerProperties: INodeProperties[] = [
	acknowledgeField,
	...acknowledgeNotices,
	...workflowFilterParameters(),
	...contentFields,
	simplifyParameter(),
	optionFields,
];
