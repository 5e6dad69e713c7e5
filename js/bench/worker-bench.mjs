// A request through a worker in workerd to an origin, with and without Edgeward. Prints the median of each and their
// ratio.

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { startWorker } from "../scripts/workerd.mjs";
import { bundle } from "./inputs.mjs";
import { allowedFacts, takeTurns } from "./turns.mjs";

const origin = createServer((_, response) => response.end("ok"));
await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
const ORIGIN = `http://127.0.0.1:${origin.address().port}`;

const entry = (name) => fileURLToPath(new URL(name, import.meta.url));
const workers = [
  await startWorker({ entry: entry("bare-worker.mjs"), bindings: { ORIGIN } }),
  await startWorker({
    entry: entry("guarded-worker.mjs"),
    bindings: { ORIGIN, BUNDLE: bundle, FACTS: JSON.stringify(allowedFacts) },
  }),
];
const { medians, ratios, each } = await takeTurns(workers.map(({ url }) => url));

console.log(`\nworker in workerd, p50 of ${each} requests each`);
console.log(`without Edgeward ${medians[0].toFixed(0)} µs, with ${medians[1].toFixed(0)} µs: ${ratios[1].toFixed(3)} ×`);

await Promise.all(workers.map((worker) => worker.stop()));
origin.close();
