// Fills www/dist with what the static page reads: the engine, the demo's policies, and its requests as presets.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { agentKey } from "../demo/agent-key.mjs";
import { load } from "../demo/packages.mjs";
import { namedLocations, policies, requestFacts, steps } from "../demo/steps.mjs";

const out = new URL("dist/", import.meta.url);
const file = (url) => fileURLToPath(url);
const write = (name, value) => writeFileSync(new URL(name, out), JSON.stringify(value));

mkdirSync(out, { recursive: true });
const { build } = await load("esbuild");
// The slim entry takes the module from its caller: the page compiles it while it still arrives.
await build({
  stdin: { contents: 'export * from "edgeward/slim";', resolveDir: file(new URL("../js", import.meta.url)) },
  outfile: file(new URL("edgeward.js", out)),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
copyFileSync(file(new URL("../js/dist/engine/engine.wasm", import.meta.url)), file(new URL("engine.wasm", out)));
write("bundle.json", { policies, namedLocations });
write("presets.json", steps.filter((step) => step.page).map((step) => ({
  who: step.who,
  what: step.what,
  request: requestFacts(step, agentKey),
  ...(step.session && { minutesAgo: { establishedAt: step.session.minutesAgo, authTime: step.session.minutesAgo } }),
  ...(step.answer && { answer: step.answer }),
})));
