// A request through a worker in workerd to an origin, with and without Edgeward, one at a time over one connection
// each, taking turns. Prints the median of each and their ratio.

import { Agent, createServer, request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { startWorker } from "../scripts/workerd.mjs";
import { bundle, requests } from "./inputs.mjs";
import { median } from "./race.mjs";

const TURNS = 40;
const PER_TURN = 50;

const origin = createServer((_, response) => response.end("ok"));
await new Promise((resolve) => origin.listen(0, "127.0.0.1", resolve));
const ORIGIN = `http://127.0.0.1:${origin.address().port}`;

// Facts that are allowed: what is measured is a request that reaches the origin.
const facts = requests.slice(0, 200).map(({ http: _, risk: __, ...rest }) => ({ ...rest, risk: { signIn: "none", user: "none" } }));
const entry = (name) => fileURLToPath(new URL(name, import.meta.url));
const workers = [
  await startWorker({ entry: entry("bare-worker.mjs"), bindings: { ORIGIN } }),
  await startWorker({
    entry: entry("guarded-worker.mjs"),
    bindings: { ORIGIN, BUNDLE: bundle, FACTS: JSON.stringify(facts) },
  }),
];
const agents = workers.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
const turns = workers.map(() => []);

for (let turn = -5; turn < TURNS; turn += 1) {
  const order = turn % 2 === 0 ? [0, 1] : [1, 0];
  for (const index of order) {
    const times = [];
    for (let count = 0; count < PER_TURN; count += 1) {
      const start = performance.now();
      await get(workers[index].url, agents[index], (turn + 5) * PER_TURN + count);
      times.push((performance.now() - start) * 1000);
    }
    if (turn >= 0) turns[index].push(median(times));
  }
}

const [bare, guarded] = turns.map(median);
const ratio = median(turns[1].map((value, turn) => value / turns[0][turn]));
console.log(`\nworker in workerd, p50 of ${TURNS} × ${PER_TURN} requests each`);
console.log(`without Edgeward ${bare.toFixed(0)} µs, with ${guarded.toFixed(0)} µs: ${ratio.toFixed(3)} ×`);

await Promise.all(workers.map((worker) => worker.stop()));
for (const agent of agents) agent.destroy();
origin.close();

function get(url, agent, count) {
  const [, agentHeader] = requests[count % 1_000].http.headers[0];
  return new Promise((resolve, reject) => {
    const headers = { "user-agent": agentHeader, accept: "text/html", "accept-language": "en", "accept-encoding": "gzip" };
    const sent = httpRequest(`${url}/items/${count}`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
      response.resume();
      response.on("end", resolve);
    });
    sent.on("error", reject);
    sent.end();
  });
}
