// Fills www/dist with what the static page reads: the engine, the demo's policies, and its requests as presets.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { agentKey } from "../demo/agent-key.mjs";
import { namedLocations, policies, requestFacts, steps } from "../demo/steps.mjs";

const out = new URL("dist/", import.meta.url);
const file = (url) => fileURLToPath(url);
const write = (name, value) => writeFileSync(new URL(name, out), JSON.stringify(value));

mkdirSync(out, { recursive: true });
const built = { "edgeward.js": "browser.js", "engine.wasm": "engine/engine.wasm", "compiler.js": "browser-compiler.js", "compiler.wasm": "compiler/compiler.wasm" };
for (const [name, from] of Object.entries(built)) {
  copyFileSync(file(new URL(`../js/dist/${from}`, import.meta.url)), file(new URL(name, out)));
}
write("bundle.json", { policies, namedLocations });
for (const [name, from] of Object.entries({ "words.json": "model/words.json", "detections.json": "detections.json" })) {
  copyFileSync(file(new URL(`../data/${from}`, import.meta.url)), file(new URL(name, out)));
}
write(
  "presets.json",
  steps
    .filter((step) => step.page)
    .map((step) => ({
      who: step.who,
      what: step.what,
      request: requestFacts(step, agentKey),
      ...(step.session && {
        minutesAgo: { establishedAt: step.session.minutesAgo, authTime: step.session.minutesAgo },
      }),
      ...(step.answer && { answer: step.answer }),
    })),
);
