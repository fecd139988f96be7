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

/** The texts that a function is called with at one place of its parameters, wherever it is called. */
export function argumentsOf(source: ts.SourceFile, functionName: string, index: number): string[] {
	const texts: string[] = [];
	const visit = (node: ts.Node): void => {
		if (
			ts.isCallExpression(node) &&
			ts.isIdentifier(node.expression) &&
			node.expression.text === functionName &&
			node.arguments[index] !== undefined
		) {
			texts.push(...textsIn(node.arguments[index]));
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return texts;
}

/** First texts of the lists in a table of a given name: `{ PKCS7: ['is a PKCS#7 bundle', 'Convert it'] }`. */
export function firstTextsOfTable(source: ts.SourceFile, tableName: string): string[] {
	const texts: string[] = [];
	const visit = (node: ts.Node): void => {
		if (
			ts.isVariableDeclaration(node) &&
			ts.isIdentifier(node.name) &&
			node.name.text === tableName &&
			node.initializer !== undefined &&
			ts.isObjectLiteralExpression(node.initializer)
		) {
			for (const property of node.initializer.properties) {
				if (ts.isPropertyAssignment(property) && ts.isArrayLiteralExpression(property.initializer))
					texts.push(...textsIn(property.initializer.elements[0]));
			}
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return texts;
}
