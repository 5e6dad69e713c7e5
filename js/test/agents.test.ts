// The client of every case of the agent corpus: the module says what the native engine says, byte for byte, whichever way it crosses.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Engine } from "edgeward";
import { glue } from "#engine";
import { ROOT } from "./support/fixture.js";

const BINARY = `${ROOT}target/debug/edgeward`;
const CORPUS = `${ROOT}tests/corpus/agents/`;

/** `key = "…"` and `key = '…'` of a line of TOML, as far as the corpus uses it. */
function strings(line: string): [name: string, value: string][] {
  return [...line.matchAll(/"?([\w-]+)"? = (?:("(?:[^"\\]|\\.)*")|'([^']*)')/g)].map(([, name = "", quoted, literal]) => [
    name,
    literal ?? (JSON.parse(quoted ?? '""') as string),
  ]);
}

test("the module classifies every client as the native engine does", () => {
  assert.ok(existsSync(BINARY), "target/debug/edgeward is missing: cargo build -p edgeward-cli");
  const requests: { http: { scheme: "https"; headers: [string, string][] } }[] = [];
  for (const file of readdirSync(CORPUS)) {
    for (const line of readFileSync(CORPUS + file, "utf8").split("\n")) {
      if (line.startsWith("agent = ")) {
        requests.push({ http: { scheme: "https", headers: strings(line).map(([, agent]) => ["user-agent", agent]) } });
      } else if (line.startsWith("headers = ")) {
        requests.at(-1)?.http.headers.push(...strings(line.slice("headers = ".length)));
      }
    }
  }
  assert.ok(requests.length >= 80, `${requests.length} cases`);
  const lines = requests.map((request) => JSON.stringify(request));
  const [engine, module] = [new Engine(), new glue.Engine("{}")];
  const native = spawnSync(BINARY, ["classify"], { input: `${lines.join("\n")}\n`, encoding: "utf8" });
  const answers = native.stdout.trimEnd().split("\n");
  assert.equal(answers.length, requests.length, native.stderr);
  for (const [index, answer] of answers.entries()) {
    assert.equal(JSON.stringify(engine.classify(requests[index] ?? {})), answer, lines[index]);
    assert.equal(module.ask(glue.Question.Classify, lines[index] ?? ""), answer, lines[index]);
  }
});
