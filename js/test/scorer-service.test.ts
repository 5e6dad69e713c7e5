// The worker in workerd against the real scorer: signed bundle, questions, receipts, revocation.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createIdentifierKey, Engine } from "edgeward";
import { startWorker } from "../scripts/workerd.mjs";
import type { RunningWorker } from "../scripts/workerd.mjs";
import { bundle, CALM, exchange, ROOT } from "./support/fixture.js";
import type { Reply } from "./support/fixture.js";
import { echo } from "./support/servers.js";
import type { Running } from "./support/servers.js";

const BINARY = `${ROOT}target/debug/edgeward-scorer`;
const TOKEN = "a token of sixteen characters or more".replaceAll(" ", "-");
const ENTRY = fileURLToPath(new URL("support/worker.js", import.meta.url));

const directory = mkdtempSync(join(tmpdir(), "edgeward-scorer-"));
const identifierKey = createIdentifierKey();
const engine = new Engine({ identifierKey });
let scorer: ChildProcess;
let scorerUrl: string;
let origin: Running;
let workers: Record<"right" | "wrongToken" | "wrongKey", RunningWorker>;

before(async () => {
  assert.ok(existsSync(BINARY), "target/debug/edgeward-scorer is missing: cargo build -p edgeward-scorer");
  const publicKey = publish(bundle("2026.11.1"));
  scorerUrl = await startScorer();
  origin = await echo();
  const start = (token: string, key: unknown): Promise<RunningWorker> => {
    const options = {
      origin: origin.url,
      publicKeys: [key],
      identifierKey,
      scorer: { url: scorerUrl, token, timeoutMs: 1_000, stateIntervalMs: 0 },
    };
    return startWorker({ entry: ENTRY, bindings: { OPTIONS: JSON.stringify(options) } });
  };
  workers = {
    right: await start(TOKEN, publicKey),
    wrongToken: await start(`${TOKEN}-of-another-scorer`, publicKey),
    wrongKey: await start(TOKEN, { ...publicKey, key: Buffer.alloc(32, 1).toString("base64") }),
  };
});

after(async () => {
  await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  await origin.stop();
  scorer.kill("SIGTERM");
  rmSync(directory, { recursive: true, force: true });
});

/** Signs the bundle as an operator would, and answers the key edges trust. */
function publish(text: string): { id: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const id = createHash("sha256").update(raw).digest("hex").slice(0, 16);
  const signature = sign(null, Buffer.from(text), privateKey).toString("base64");
  writeFileSync(join(directory, "bundle.json"), text);
  writeFileSync(join(directory, "bundle.sig"), JSON.stringify({ keyId: id, algorithm: "Ed25519", signature }));
  return { id, key: raw.toString("base64") };
}

function startScorer(): Promise<string> {
  const files = ["--database", "scorer.db", "--bundle", "bundle.json", "--signature", "bundle.sig"];
  scorer = spawn(BINARY, ["--listen", "127.0.0.1:0", ...files], {
    cwd: directory,
    env: { ...process.env, EDGEWARD_SCORER_TOKEN: TOKEN, NO_COLOR: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let log = "";
    scorer.once("exit", (code) => reject(new Error(`the scorer stopped with ${code}: ${log}`)));
    scorer.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      const url = /listening on (http:\/\/[\d.:]+)/.exec(log)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
}

async function tell(method: string, path: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const response = await fetch(scorerUrl + path, { method, headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
}

function ask(worker: RunningWorker, over: Record<string, unknown> = {}): Promise<Reply> {
  const facts = { ...CALM, risk: { signIn: "none" }, ...over };
  return exchange(worker.url, { "x-facts": JSON.stringify(facts) });
}

test("the first request fetches the signed bundle, and the scorer answers what it asks", async () => {
  const reply = await ask(workers.right);
  assert.deepEqual([reply.status, reply.debug?.asked, reply.debug?.outage], [200, ["userRisk"], false]);
});

test("an answer is reused while it is fresh", async () => {
  const session = { ...CALM.session, id: "s2" };
  await ask(workers.right, { session });
  const again = await ask(workers.right, { session });
  assert.deepEqual([again.status, again.debug?.outage], [200, false]);
});

test("a session revoked at the scorer is no session at the edge", async () => {
  const session = { ...CALM.session, id: "s-revoked" };
  const principal = (reply: Reply): unknown =>
    reply.status === 200
      ? (JSON.parse(reply.body) as { headers: Record<string, string> }).headers["edgeward-principal"]
      : undefined;
  assert.equal(principal(await ask(workers.right, { session })), "u1");
  await tell("POST", "/v1/revocations", { session: engine.identifier("session", "s-revoked") });
  let seen = principal(await ask(workers.right, { session }));
  for (let tries = 0; tries < 400 && seen === "u1"; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen = principal(await ask(workers.right, { session }));
  }
  assert.equal(seen, undefined);
});

test("a scorer that does not know the token, or a bundle of another key, leaves requests undecided: 403", async () => {
  for (const worker of [workers.wrongToken, workers.wrongKey]) {
    const reply = await ask(worker);
    assert.equal(reply.status, 403);
    assert.equal((JSON.parse(reply.body) as { code: string }).code, "no_decision");
  }
});

test("when the scorer stops, the policies' outage modes decide", async () => {
  const exited = new Promise((resolve) => scorer.once("exit", resolve));
  scorer.kill("SIGTERM");
  await exited;
  const principal = { ...CALM.principal, id: "u-unheard-of" };
  const session = { amr: ["pwd"] };
  const reply = await ask(workers.right, { principal, session });
  assert.deepEqual([reply.status, reply.debug?.outage], [403, true]);
  assert.equal((await ask(workers.right, { risk: CALM.risk })).status, 200);
});
