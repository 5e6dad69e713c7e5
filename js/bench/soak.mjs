// Whether memory stays flat: ten million decisions, or as many as are asked for, over all requests and some that cross
// as JSON or are refused. Fails if the module's memory grows after the first thousand. `node soak.mjs [DECISIONS]`.

import { Engine } from "edgeward";
import { glue } from "../dist/entry/node.js";
import { bundle, requests } from "./inputs.mjs";

const DECISIONS = Number(process.argv[2] ?? 10_000_000);

const engine = new Engine({ allowUnsigned: true });
engine.load(bundle);
const memory = glue.moduleMemory();
const odd = [
  { http: { headers: [["user-agent", "Ünïcode/1.0 🤖"]] } },
  { device: { manufacturer: "Example" } },
  { client: { asn: -1 } },
];

function decide(index) {
  const request = index % 1_000 === 999 ? odd[(index / 1_000) % odd.length | 0] : requests[index % requests.length];
  try {
    engine.evaluate(request);
  } catch (error) {
    if (error.code !== "invalid_json") throw error;
  }
}

for (let index = 0; index < 10_000; index += 1) decide(index);
const before = memory.buffer.byteLength;
for (let index = 0; index < DECISIONS; index += 1) decide(index);
const after = memory.buffer.byteLength;
console.log(`memory of the module: ${before >> 10} KiB, ${after >> 10} KiB after ${DECISIONS} more decisions`);
if (after > before || engine.traps > 0) process.exitCode = 1;
