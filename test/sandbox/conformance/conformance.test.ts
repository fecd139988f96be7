import { chunks } from './rows/chunks';
import { compression } from './rows/compression';
import { errors, identifiers, tls } from './rows/conventions';
import { directory, routing } from './rows/directory';
import { acknowledgements, download, heads } from './rows/download';
import { endpoints, handshakes } from './rows/endpoints';
import { filters, inbox } from './rows/inbox';
import { authorization } from './rows/authorization';
import { nhsSandbox } from './rows/nhsSandbox';
import { reports } from './rows/reports';
import { sending } from './rows/send';
import { tracking } from './rows/tracking';
import { versions } from './rows/versions';
import { World, type Topic } from './world';

const TOPICS: Topic[] = [
	tls,
	authorization,
	versions,
	endpoints,
	handshakes,
	inbox,
	filters,
	download,
	heads,
	acknowledgements,
	compression,
	sending,
	chunks,
	tracking,
	reports,
	directory,
	routing,
	identifiers,
	nhsSandbox,
	errors,
];

/** Rows that hold, by topic. */
const holding = new Map<Topic, number>();
let world: World;

beforeAll(async () => {
	world = await World.create();
});
afterEach(() => world.clean());
afterAll(async () => {
	await world.close();
	const lines = TOPICS.map((topic) => `${topic.title.padEnd(34)}${String(holding.get(topic) ?? 0).padStart(4)} of ${topic.rows.length}`);
	const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
	const total = sum(TOPICS.map(({ rows }) => rows.length));
	process.stdout.write(
		`\nThe sandbox against the MESH API, row by row\n\n${lines.join('\n')}\n\n${sum([...holding.values()])} of ${total} rows hold\n\n`,
	);
});

for (const topic of TOPICS) {
	describe(topic.title, () => {
		for (const { fact, check } of topic.rows) {
			test(fact, async () => {
				await check(world);
				holding.set(topic, (holding.get(topic) ?? 0) + 1);
			});
		}
	});
}
