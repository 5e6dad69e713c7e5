// Bundles before an edge loads them: checked, asked, and compiled, in the package's own module and by its command.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EdgewardError, Engine } from "edgeward";
import { compile, lint, whatIf } from "edgeward/compiler";
import { ROOT, source } from "./support/fixture.js";

const COMMAND = fileURLToPath(new URL("../dist/compile/command.js", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "edgeward-compiler-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** The same policies, one of them in a state that Graph does not know. */
function wrong(): string {
  const [first, ...rest] = source().policies;
  return JSON.stringify({ ...source(), policies: [{ ...first, state: "on" }, ...rest] });
}

test("what is compiled decides as its source says, and has the same bytes each time", () => {
  const { bundle, warnings } = compile(JSON.stringify(source("7")));
  assert.deepEqual(warnings, []);
  assert.equal(compile(JSON.stringify(source("7"))).bundle, bundle);
  const engine = new Engine({ allowUnsigned: true });
  assert.deepEqual(engine.load(bundle), { version: "7", policies: 3, agentDirectories: [] });
  const tool = { http: { path: "/", headers: [["user-agent", "sqlmap/1.8"]] as [string, string][] } };
  assert.equal(engine.evaluate(tool).outcome, "block");
});

test("the command line compiles to the same bytes as the module", () => {
  const text = readFileSync(`${ROOT}tests/corpus/decisions/bundle.json`, "utf8");
  const [from, native, own] = ["bundle.json", "native.json", "own.json"].map((name) => join(directory, name)) as [string, string, string];
  writeFileSync(from, text);
  const edgeward = `${ROOT}target/debug/edgeward`;
  assert.ok(existsSync(edgeward), "target/debug/edgeward is missing: cargo build -p edgeward-cli");
  assert.equal(spawnSync(edgeward, ["bundle", "compile", from, "--out", native]).status, 0);
  const run = spawnSync(process.execPath, [COMMAND, from, own], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(readFileSync(own, "utf8"), readFileSync(native, "utf8"));
  assert.equal(compile(text).bundle, readFileSync(native, "utf8"));
});

test("the compiler's errors are instances of the engine's class, and of no subclass of it", () => {
  class Mine extends EdgewardError {}
  assert.throws(() => compile("{"), (error) => error instanceof EdgewardError && !(error instanceof Mine));
  assert.ok(new Mine("no_bundle", "") instanceof Mine);
  assert.ok(!(new TypeError("EdgewardError") instanceof EdgewardError));
});

test("all that is wrong is told by path, and nothing is written", () => {
  const told = (error: EdgewardError) => error.code === "invalid_policies" && error.issues[0]?.path === "policies[0].state";
  assert.throws(() => compile(wrong()), told);
  assert.equal(lint(wrong()).filter(({ severity }) => severity === "error").length, 1);
  assert.throws(() => lint("{"), { code: "invalid_json" });
  const [from, out] = [join(directory, "wrong.json"), join(directory, "never.json")];
  writeFileSync(from, wrong());
  const run = spawnSync(process.execPath, [COMMAND, from, out], { encoding: "utf8" });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /wrong\.json: policies\[0\]\.state: /);
  assert.ok(!existsSync(out));
  assert.equal(spawnSync(process.execPath, [COMMAND, join(directory, "missing"), out]).status, 2);
  assert.equal(spawnSync(process.execPath, [COMMAND]).status, 2);
  assert.match(spawnSync(process.execPath, [COMMAND, "--help"], { encoding: "utf8" }).stdout, /Example/);
});

test("the command blames the file at fault, and takes no option for a file", () => {
  const from = join(directory, "good.json");
  writeFileSync(from, JSON.stringify(source()));
  const command = (...given: string[]) => spawnSync(process.execPath, [COMMAND, ...given], { encoding: "utf8", cwd: directory });
  const kept = command(from, directory);
  assert.equal(kept.status, 2);
  assert.ok(kept.stderr.startsWith(`${directory}: EISDIR`), kept.stderr);
  const option = command(from, "--out");
  assert.equal(option.status, 2);
  assert.match(option.stderr, /^--out: there is no such option/);
  assert.ok(!existsSync(join(directory, "--out")));
  assert.match(command("good.json", "out.json", "-h").stdout, /Example/);
});

test("What If answers what the policies would do", () => {
  const body = {
    signInIdentity: { userId: "u1" },
    signInContext: { includeApplications: ["app"] },
    signInConditions: { userRiskLevel: "high" },
  };
  const answer = whatIf(JSON.stringify(source()), body) as { value: { id: string; policyApplies: boolean }[] };
  assert.equal(answer.value.find(({ id }) => id === "block-risky-users")?.policyApplies, true);
  assert.throws(() => whatIf(JSON.stringify(source()), {}), { code: "invalid_json" });
});
