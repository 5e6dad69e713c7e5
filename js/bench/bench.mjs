// Side by side, in one process and on the same inputs: a whole decision, what of it is spent crossing into the module
// and back, and the packages people use today. `node bench.mjs`, after `npm ci` here and a build of the package.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { isbot } from "isbot";
import woothee from "woothee";
import { Engine } from "edgeward";
import { Crossing, glue } from "../dist/entry/node.js";
import { arcjet } from "./arcjet.mjs";
import { arcjetRequests, bundle, cedarCalls, cedarPolicies, POLICIES, policyLoop, requests, userAgents } from "./inputs.mjs";
import { race } from "./race.mjs";

const require = createRequire(import.meta.url);

const engine = new Engine({ allowUnsigned: true });
engine.load(bundle);
const memory = glue.moduleMemory();
const loaded = memory.buffer.byteLength;
const analyze = await arcjet();
const botRule = { tag: "allowed-bot-config", val: { entities: [], skipCustomDetect: true } };
const parsed = cedar.preparsePolicySet("bench", { staticPolicies: cedarPolicies });
if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));

const count = requests.length;
const texts = requests.map((request) => JSON.stringify(request));
const answers = requests.map((request) => JSON.stringify(engine.evaluate(request)));
const { inside, copying } = replay();
const outcomes = {};
for (const text of answers) {
  const { outcome } = JSON.parse(text);
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

const result = await race({
  decision: (index) => engine.evaluate(requests[index % count]),
  "read whole": (index) => JSON.stringify(engine.evaluate(requests[index % count])),
  inside,
  copying,
  "as JSON": (index) => engine.evaluateAsJson(requests[index % count]),
  classify: (index) => engine.classify(userAgents[index % count]),
  isbot: (index) => isbot(userAgents[index % count]),
  "isbot + woothee + policy loop": (index) => {
    const agent = userAgents[index % count];
    return [isbot(agent), woothee.parse(agent), policyLoop(requests[index % count])];
  },
  "arcjet detectBot": (index) => analyze.detectBot(arcjetRequests[index % count], botRule),
  "cedar isAuthorized": (index) => cedar.statefulIsAuthorized(cedarCalls[index % count]),
});

const micros = (name) => result[name].micros;
const crossing = micros("decision") - (micros("inside") - micros("copying"));

console.log(`Node ${process.version}, ${count} distinct requests (${Object.entries(outcomes).map(([name, times]) => `${name} ${times}`).join(", ")}),`);
console.log(`${POLICIES} policies; request ${mean(texts)} B, decision ${mean(answers)} B on average; medians of rotated rounds\n`);
row("one decision, object in and out", micros("decision"), "µs");
row("  of it writing, crossing and reading", crossing, `µs = ${((100 * crossing) / micros("decision")).toFixed(0)} %`);
row("  every member read and written as JSON", micros("read whole"), "µs");
row("the same crossing as JSON text", micros("as JSON"), "µs");
for (const name of ["isbot", "isbot + woothee + policy loop", "arcjet detectBot", "cedar isAuthorized"]) {
  row(name, micros(name), `µs   decision = ${result.decision.ratioTo(name).toFixed(3)} × of it`);
}
row("user agent alone, object in and out", micros("classify"), `µs   = ${result.classify.ratioTo("isbot").toFixed(3)} × isbot`);

console.log(`\nmemory of the module: ${loaded >> 10} KiB with the bundle, ${memory.buffer.byteLength >> 10} KiB after all of the above`);

console.log("\nmodule sizes, bytes          raw       gzip -9");
size("edgeward", fileURLToPath(new URL("../dist/engine/engine.wasm", import.meta.url)));
size("@arcjet/analyze-wasm", require.resolve("@arcjet/analyze-wasm").replace("index.js", "wasm/arcjet_analyze_js_req.component.core.wasm"));
size("@cedar-policy/cedar-wasm", require.resolve("@cedar-policy/cedar-wasm/nodejs").replace("cedar_wasm.js", "cedar_wasm_bg.wasm"));

/** What the module is handed for each request, kept, so that it can be handed over again without being written. */
function replay() {
  const module = new glue.Engine('{"allowUnsigned":true}');
  module.load(bundle, undefined);
  const [text, , sizes, , numbers] = module.buffers();
  const kept = [];
  const keep = (bytes, ofSizes, ofNumbers) => {
    const { buffer } = memory;
    kept.push([
      new Uint8Array(buffer, text, bytes).slice(),
      new Int32Array(buffer, sizes, ofSizes).slice(),
      new Float64Array(buffer, numbers, ofNumbers).slice(),
    ]);
    return 0;
  };
  const watched = Object.create(module, { evaluatePacked: { value: keep } });
  const crossing = new Crossing(watched);
  for (const request of requests) crossing.evaluate(request);
  let views;
  const copying = (index) => {
    if (views?.[0].buffer !== memory.buffer) {
      views = [new Uint8Array(memory.buffer, text), new Int32Array(memory.buffer, sizes), new Float64Array(memory.buffer, numbers)];
    }
    const parts = kept[index % count];
    for (const [place, part] of parts.entries()) views[place].set(part);
    return parts;
  };
  const inside = (index) => {
    const parts = copying(index);
    return module.evaluatePacked(parts[0].length, parts[1].length, parts[2].length);
  };
  return { inside, copying };
}

function row(name, value, unit) {
  console.log(`${name.padEnd(42)} ${value.toFixed(2).padStart(9)} ${unit}`);
}

function size(name, path) {
  const bytes = readFileSync(path);
  console.log(`${name.padEnd(26)} ${String(bytes.length).padStart(9)} ${String(gzipSync(bytes, { level: 9 }).length).padStart(9)}`);
}

function mean(list) {
  return Math.round(list.reduce((sum, text) => sum + text.length, 0) / list.length);
}
