import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IBinaryData, IExecuteFunctions, INodeType } from 'n8n-workflow';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RunHints } from '../../nodes/Mesh/transport/hints';
import { binarySource } from '../../nodes/Mesh/transport/outgoingContent';
import { bareDescription, errorOf, execute, makeNode, makeWorkflow, outputOf, storeBinary, useBinaryDataMode } from '../engine';

type Manager = Parameters<BinaryDataService['setManager']>[1];

/** Reads ranges of the item's binary field and puts them out in base64. */
const reader: INodeType = {
	description: { ...bareDescription, name: 'r' },
	async execute(this: IExecuteFunctions) {
		const source = await binarySource(this, 0, 'data', new RunHints(this));
		const read = async (start: number, end: number) => {
			const parts: Buffer[] = [];
			for await (const piece of source.read(start, end)) parts.push(Buffer.from(piece));
			return Buffer.concat(parts).toString('base64');
		};
		const { size, fileName, mimeType } = source;
		const ranges = [await read(0, size), await read(3, 10), await read(0, 5)];
		await source.close();
		return [[{ json: { size, fileName, mimeType, ranges } }]];
	},
};

async function readThrough(data: IBinaryData) {
	const workflow = makeWorkflow({ types: { 'x.r': reader }, nodes: [makeNode('R', 'x.r')] });
	return await execute(workflow, { start: 'R', items: [{ json: {}, binary: { data } }] });
}

const content = randomBytes(700_000);
const expected = {
	size: content.length,
	fileName: 'a.bin',
	mimeType: 'application/x-a',
	ranges: [content, content.subarray(3, 10), content.subarray(0, 5)].map((bytes) => bytes.toString('base64')),
};
const details = { fileName: 'a.bin', mimeType: 'application/x-a' };
const opened: string[] = [];

/** A store that gives streams only, as n8n's database and S3 modes do. */
const streamsOnly = {
	getPath: (fileId: string) => fileId,
	getMetadata: async () => ({ ...details, fileSize: content.length }),
	getAsStream: async (fileId: string) => {
		opened.push(fileId);
		return Readable.from([content.subarray(0, 100), content.subarray(100)]);
	},
} as unknown as Manager;

describe('binarySource', () => {
	beforeAll(async () => {
		await useBinaryDataMode('filesystem');
		Container.get(BinaryDataService).setManager('s3', streamsOnly);
	});

	test('reads a stored file where it lies', async () => {
		expect(outputOf(await readThrough(await storeBinary(content, details)), 'R')[0]?.json).toEqual(expected);
	});

	test('reads content that n8n keeps in memory', async () => {
		expect(outputOf(await readThrough({ ...details, data: content.toString('base64') }), 'R')[0]?.json).toEqual(expected);
	});

	test('streams from a store that has no files, opening it as often as a range lies behind', async () => {
		expect(outputOf(await readThrough({ ...details, id: 's3:some/id', data: 's3' }), 'R')[0]?.json).toEqual(expected);
		expect(new Set(opened)).toEqual(new Set(['some/id']));
	});

	test('a file that is gone from the store fails in the words of the store', async () => {
		const data = await storeBinary(content, details);
		await rm(Container.get(BinaryDataService).getPath(data.id ?? ''), { force: true });
		expect(errorOf(await readThrough(data)).message).toMatch(/\w/);
	});
});
