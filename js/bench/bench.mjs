// Side by side, in one process and on the same inputs: a whole decision, what of it is spent crossing into the module
// and back, and the packages people use today. `node bench.mjs`, after `npm ci` here and a build of the package.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { initializeWasm } from "@arcjet/analyze-wasm";
import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { isbot } from "isbot";
import { Engine } from "edgeward";
import { Crossing } from "../dist/crossing.js";
import { Engine as Module } from "../dist/engine/engine.js";
import { arcjetRequests, bundle, cedarCalls, cedarPolicies, requests, userAgents } from "./inputs.mjs";
import { race } from "./race.mjs";

const require = createRequire(import.meta.url);

function edgeward() {
  const engine = new Engine({ allowUnsigned: true });
  engine.load(bundle);
  return engine;
}

async function arcjet() {
  const unused = () => {
    throw new Error("not part of detectBot");
  };
  return initializeWasm({
    "arcjet:js-req/bot-identifier": { detect: () => [] },
    "arcjet:js-req/email-validator-overrides": { isFreeEmail: unused, isDisposableEmail: unused, hasMxRecords: unused, hasGravatar: unused },
    "arcjet:js-req/filter-overrides": { ipLookup: () => undefined },
    "arcjet:js-req/sensitive-information-identifier": { detect: unused },
    "arcjet:js-req/verify-bot": { verify: () => "unverifiable" },
  });
}

const engine = edgeward();
const analyze = await arcjet();
const botRule = { tag: "allowed-bot-config", val: { entities: [], skipCustomDetect: true } };
const parsed = cedar.preparsePolicySet("bench", { staticPolicies: cedarPolicies });
if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));

const count = requests.length;
const texts = requests.map((request) => JSON.stringify(request));
const answers = requests.map((request) => JSON.stringify(engine.evaluate(request)));
const inside = insideTheModule();
const outcomes = {};
for (const text of answers) {
  const { outcome } = JSON.parse(text);
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

const result = await race({
  decision: (index) => engine.evaluate(requests[index % count]),
  "inside the module": inside,
  "as JSON": (index) => engine.evaluateAsJson(requests[index % count]),
  classify: (index) => engine.classify({ http: { headers: [["user-agent", userAgents[index % count]]] } }),
  isbot: (index) => isbot(userAgents[index % count]),
  "arcjet detectBot": (index) => analyze.detectBot(arcjetRequests[index % count], botRule),
  "cedar isAuthorized": (index) => cedar.statefulIsAuthorized(cedarCalls[index % count]),
});

const micros = (name) => result[name].micros;
const crossing = micros("decision") - micros("inside the module");

console.log(`Node ${process.version}, ${count} distinct requests (${Object.entries(outcomes).map(([name, times]) => `${name} ${times}`).join(", ")}),`);
console.log(`20 policies; request ${mean(texts)} B, decision ${mean(answers)} B on average; medians of rotated rounds\n`);
row("one decision, object in and out", micros("decision"), "µs");
row("  of it writing, crossing and reading", crossing, `µs = ${((100 * crossing) / micros("decision")).toFixed(0)} %`);
row("the same crossing as JSON text", micros("as JSON"), "µs");
row("user agent alone, object in and out", micros("classify"), "µs");
for (const name of ["isbot", "arcjet detectBot", "cedar isAuthorized"]) {
  row(name, micros(name), `µs   decision = ${result.decision.ratioTo(name).toFixed(3)} × of it`);
}

console.log("\nmodule sizes, bytes          raw       gzip -9");
size("edgeward", fileURLToPath(new URL("../dist/engine/engine.wasm", import.meta.url)));
size("@arcjet/analyze-wasm", require.resolve("@arcjet/analyze-wasm").replace("index.js", "wasm/arcjet_analyze_js_req.component.core.wasm"));
size("@cedar-policy/cedar-wasm", require.resolve("@cedar-policy/cedar-wasm/nodejs").replace("cedar_wasm.js", "cedar_wasm_bg.wasm"));

/** One decision without the crossing: the packed request of the first call stays in the buffers and is decided again. */
function insideTheModule() {
  const module = new Module('{"allowUnsigned":true}');
  module.load(bundle, undefined);
  let buffers;
  const watched = Object.create(module, {
    evaluatePacked: { value: (...lengths) => module.evaluatePacked(...(buffers = lengths)) },
  });
  new Crossing(watched).evaluate(requests[0]);
  return () => module.evaluatePacked(...buffers);
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
