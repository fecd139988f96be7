import { readExamples } from '../../n8n-lab/exampleWorkflows';
import { createWorkflow } from '../../n8n-lab/rest/workflows';
import { editorTests } from './support/editorFixture';

const itInEditor = editorTests();

describe('somebody who opens the example workflows', () => {
	itInEditor('finds every node known, without a warning, and its sticky notes', async ({ canvas, page, mesh }) => {
		for (const [file, workflow] of await readExamples()) {
			// Without its ID, under which other tests create it.
			const { id } = await createWorkflow(mesh.rest, { ...workflow, id: undefined });
			await canvas.goTo(id);
			const isNote = ({ type }: { type: string }) => type === 'n8n-nodes-base.stickyNote';
			for (const { name } of workflow.nodes.filter((node) => !isNote(node))) await canvas.node(name).waitFor();
			const notes = await page.getByTestId('sticky').count();
			const warnings = await page
				.locator('[data-test-id="node-issues"], [data-test-id="canvas-node-status-warning"], [data-test-id="node-not-installed"]')
				.count();
			expect([file, notes, warnings]).toEqual([file, workflow.nodes.filter(isNote).length, 0]);
		}
	});
});
