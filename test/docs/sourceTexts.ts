import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './page';

/** What stands for the parts of a text that vary. */
export const VARIES = '…';

/** The sources below a folder of the repository, parsed. */
export function sourcesOf(folder: string): ts.SourceFile[] {
	return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.ts'))
		.map((file) => ts.createSourceFile(`${folder}/${file}`, readFileSync(join(root, folder, file), 'utf8'), ts.ScriptTarget.ES2022, true));
}

/** Every text in a part of the source; of a template, what varies is replaced. */
export function textsIn(node: ts.Node): string[] {
	const texts: string[] = [];
	const visit = (part: ts.Node): void => {
		if (ts.isStringLiteral(part) || ts.isNoSubstitutionTemplateLiteral(part)) texts.push(part.text);
		if (ts.isTemplateExpression(part)) texts.push(part.head.text + part.templateSpans.map(({ literal }) => VARIES + literal.text).join(''));
		ts.forEachChild(part, visit);
	};
	visit(node);
	return texts;
}
