// An Express application of the usual kind (parsers, a rendered answer), with and without Edgeward, each in a process
// of its own. Prints the median of each and their ratio, and the same of the processor time each server spends, which
// a busy machine does not blur.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { takeTurns } from "./turns.mjs";

const start = (guarded) =>
  new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL("express-server.mjs", import.meta.url)), guarded ? ["guarded"] : []);
    child.once("message", (url) => resolve({ url, child }));
  });

const servers = [await start(false), await start(true)];
const cpu = (index) =>
  new Promise((resolve) => {
    servers[index].child.once("message", resolve).send("cpu");
  });
const { medians, ratios, each, spent } = await takeTurns(servers.map(({ url }) => url), cpu);

console.log(`\nExpress, p50 of ${each} requests each`);
console.log(`without Edgeward ${medians[0].toFixed(0)} µs, with ${medians[1].toFixed(0)} µs: ${ratios[1].toFixed(3)} ×`);
const [without, withIt] = spent.medians;
console.log(`processor time without ${without.toFixed(0)} µs, with ${withIt.toFixed(0)} µs: ${spent.ratios[1].toFixed(3)} ×`);

for (const { child } of servers) child.kill();
