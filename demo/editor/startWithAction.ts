import type { Editor } from './openEditor';

/** A new workflow that begins with one of NHS MESH's actions, its panel open. @param words typed into the search field of the node creator */
export async function startWithAction({ canvas, nodeCreator }: Editor, words: string, action: string): Promise<void> {
	await canvas.openNew();
	await canvas.addFirstStep();
	await nodeCreator.openActions(words, 'NHS MESH');
	await nodeCreator.choose(action);
}
