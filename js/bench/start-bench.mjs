// From nothing to the first answer, in fresh processes that take turns: import, compile, configure, decide once.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./race.mjs";

const TURNS = 9;

const [candidate, written] = process.argv.slice(2);
const candidates = {
  edgeward: async ({ bundle, requests }) => {
    const { Engine } = await import("edgeward");
    const engine = new Engine({ allowUnsigned: true });
    engine.load(bundle);
    return engine.evaluate(requests[0]).outcome;
  },
  isbot: async ({ userAgents }) => (await import("isbot")).isbot(userAgents[0]),
  woothee: async ({ userAgents }) => (await import("woothee")).default.parse(userAgents[0]),
  "@cedar-policy/cedar-wasm": async ({ cedarPolicies, cedarCalls }) => {
    const cedar = await import("@cedar-policy/cedar-wasm/nodejs");
    cedar.preparsePolicySet("bench", { staticPolicies: cedarPolicies });
    return cedar.statefulIsAuthorized(cedarCalls[0]);
  },
};

if (candidate !== undefined) {
  const inputs = JSON.parse(readFileSync(written, "utf8"));
  const start = performance.now();
  await candidates[candidate](inputs);
  console.log(performance.now() - start);
} else {
  // Written by this process: making them compiles a bundle, and what compiles that would still be busy in the others.
  const { bundle, requests, userAgents, cedarPolicies, cedarCalls } = await import("./inputs.mjs");
  const folder = mkdtempSync(join(tmpdir(), "edgeward-start-"));
  const inputs = join(folder, "inputs.json");
  const first = { requests: requests.slice(0, 1), userAgents: userAgents.slice(0, 1), cedarCalls: cedarCalls.slice(0, 1) };
  writeFileSync(inputs, JSON.stringify({ bundle, cedarPolicies, ...first }));
  const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const name of Object.keys(candidates)) {
      const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name, inputs], { encoding: "utf8" });
      times[name].push(Number(stdout));
    }
  }
  console.log(`\nload to first decision in a fresh process, median and least of ${TURNS}`);
  for (const [name, all] of Object.entries(times)) {
    console.log(`${name.padEnd(26)} ${median(all).toFixed(1).padStart(7)} ms ${Math.min(...all).toFixed(1).padStart(7)} ms`);
  }
  rmSync(folder, { recursive: true });
}
