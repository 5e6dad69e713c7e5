// A worker end to end: over HTTP, in workerd, in front of an origin, with a scorer that can be broken.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyResult } from "edgeward";
import { createWorker } from "edgeward/workers";
import { startWorker } from "../scripts/workerd.mjs";
import type { RunningWorker } from "../scripts/workerd.mjs";
import { adapterCases } from "./support/adapter-cases.js";
import { bundle, CALM, CHROME, exchange } from "./support/fixture.js";
import type { Reply } from "./support/fixture.js";
import { echo, eventually, FaultyScorer, serve } from "./support/servers.js";
import type { Mood, Running, Seen } from "./support/servers.js";

const ENTRY = fileURLToPath(new URL("support/worker.js", import.meta.url));
const ASK = { ...CALM, risk: { signIn: "none" } };
const running: { stop(): Promise<void> }[] = [];
let origin: Running;
let scorer: FaultyScorer;
let worker: RunningWorker;

async function start(options: Record<string, unknown>): Promise<RunningWorker> {
  const started = await startWorker({ entry: ENTRY, bindings: { OPTIONS: JSON.stringify(options) } });
  running.push(started);
  return started;
}

function base(): Record<string, unknown> {
  return {
    origin: origin.url,
    bundle: { text: bundle() },
    allowUnsigned: true,
    originSecret: "secret",
    stepUpUrl: "https://login.example/step-up",
    scorer: { url: scorer.url, token: "token", timeoutMs: 150, stateIntervalMs: 0 },
    session: { keys: { jwks: { keys: [] } }, issuer: "https://login.example", audience: "app" },
  };
}

function ask(path: string, facts: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return exchange(worker.url + path, { "x-facts": JSON.stringify(facts), ...headers });
}

before(async () => {
  origin = await echo();
  scorer = await new FaultyScorer().start();
  running.push(origin, scorer);
  worker = await start(base());
});

afterEach(() => {
  scorer.mood = "well";
  scorer.facts = {};
  scorer.state = { cursor: 0, revokedSessions: [], riskLevels: [] };
});

after(() => Promise.all(running.map((one) => one.stop())));

test("the cases of every adapter", async (suite) => {
  const { url } = await start({ ...base(), serverTiming: true });
  for (const { name, run } of adapterCases) await suite.test(name, () => run(url));
});

test("an allowed request reaches the origin as it was, with a signed account of the decision", async () => {
  const facts = JSON.stringify(CALM);
  const reply = await exchange(
    `${worker.url}/form?a=1`,
    { "x-facts": facts, "edgeward-principal": "forged", "content-type": "text/plain" },
    { method: "POST", body: "body" },
  );
  assert.equal(reply.status, 200);
  const seen = JSON.parse(reply.body) as Seen;
  assert.deepEqual([seen.method, seen.url, seen.body], ["POST", "/form?a=1", "body"]);
  assert.equal(seen.headers["edgeward-outcome"], "allow");
  assert.equal(seen.headers["edgeward-principal"], "u1");
  const headers = Object.entries(seen.headers) as [string, string][];
  assert.ok(await verifyResult({ method: "POST", url: "/form?a=1", headers }, "secret"));
});

test("a redirect of the origin is for the client to follow, whoever made the request", async () => {
  const moved = await serve((_, response) => void response.writeHead(302, { location: "/elsewhere" }).end());
  running.push(moved);
  const { url } = await start({ ...base(), origin: moved.url });
  assert.equal((await exchange(url, { "x-facts": JSON.stringify(CALM) })).status, 302);
  const { fetch } = createWorker({ origin: moved.url, bundle: { text: bundle() }, allowUnsigned: true, facts: () => CALM });
  const made = new Request("https://app.example/", { headers: { "user-agent": CHROME }, redirect: "follow" });
  assert.equal((await fetch(made, {}, { waitUntil: () => undefined })).status, 302);
});

test("an attack tool is blocked before the origin hears of it", async () => {
  const reply = await ask("/", CALM, { "user-agent": "sqlmap/1.8#stable (https://sqlmap.org)" });
  assert.equal(reply.status, 403);
  const problem = JSON.parse(reply.body) as Record<string, unknown>;
  assert.equal(problem["code"], "blocked");
  assert.equal(problem["supportCode"], reply.debug?.supportCode);
});

test("a challenge sends a browser away and an API client for claims; both come back satisfied", async () => {
  const page = await ask("/admin/users", CALM, { "sec-fetch-mode": "navigate" });
  assert.equal(page.status, 302);
  const target = new URL(page.headers.location ?? "");
  assert.equal(target.searchParams.get("return_to"), `${worker.url}/admin/users`);
  const api = await ask("/admin/users", CALM);
  assert.equal(api.status, 401);
  assert.match(api.headers["www-authenticate"] ?? "", /insufficient_claims/);
  const satisfied = { ...CALM, session: { ...CALM.session, amr: ["pwd", "mfa"] } };
  assert.equal((await ask("/admin/users", satisfied)).status, 200);
});

test("the scorer is asked when, and only when, its answer could matter", async () => {
  const before = scorer.asked.length;
  const calm = await ask("/", CALM);
  assert.deepEqual(calm.debug?.asked, []);
  assert.equal(scorer.asked.length, before);
  scorer.facts = { userRisk: "none" };
  const allowed = await ask("/", ASK);
  assert.deepEqual(allowed.debug?.asked, ["userRisk"]);
  assert.deepEqual(scorer.asked.at(-1)?.needs, ["userRisk"]);
  assert.equal(allowed.status, 200);
  scorer.facts = { userRisk: "high" };
  assert.equal((await ask("/", ASK)).status, 403);
  const tool = await ask("/", ASK, { "user-agent": "sqlmap/1.8" });
  assert.deepEqual([tool.status, tool.debug?.asked], [403, []], "blocked whatever the scorer would say");
});

for (const mood of ["slow", "down", "rubbish", "wrong", "refusing"] satisfies Mood[]) {
  test(`with the scorer ${mood}, each policy's outage mode decides and nothing is a server error`, async () => {
    scorer.mood = mood;
    const strict = await ask("/", { ...ASK, session: { amr: ["pwd"] } });
    assert.deepEqual([strict.status, strict.debug?.outage], [403, true], "resilience is disabled for this policy");
    assert.equal((await ask("/", CALM)).status, 200, "what needs no scorer is not held up");
    assert.equal((await ask("/", CALM, { "user-agent": "sqlmap/1.8" })).status, 403);
  });
}

test("receipts reach the scorer after the response, chained", async () => {
  const codes = [(await ask("/", CALM)).debug?.supportCode, (await ask("/sign-in", CALM)).debug?.supportCode];
  const find = (code: string | undefined) => scorer.receipts.find((receipt) => receipt["supportCode"] === code);
  await eventually(() => codes.every((code) => find(code) !== undefined), "both receipts arrive");
  const [first, second] = codes.map(find);
  assert.equal(second?.["previous"], first?.["digest"]);
  assert.equal(second?.["signInSucceeded"], false);
  assert.equal(second?.["signInPrincipal"], "u 7");
});

test("how a sign-in turned out is for the scorer, not for the client", async () => {
  assert.equal((await ask("/sign-in", CALM)).headers["edgeward-sign-in"], undefined);
});

test("a revoked session is no session within one refresh of the state", async () => {
  const facts = { ...CALM, session: { ...CALM.session, id: "s-revoked" } };
  assert.equal((await ask("/", facts)).status, 200);
  scorer.state = { cursor: 1, revokedSessions: [{ id: "s-revoked", revokedAt: Date.now() + 60_000 }], riskLevels: [] };
  let seen: Seen["headers"] = { "edgeward-principal": "u1" };
  for (let tries = 0; tries < 400 && seen["edgeward-principal"] === "u1"; tries += 1) {
    const reply = await ask("/", facts, { cookie: "edgeward_session=revoked; a=b", authorization: "Bearer revoked" });
    assert.equal(reply.status, 200);
    seen = (JSON.parse(reply.body) as Seen).headers;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.deepEqual([seen["edgeward-principal"], seen.cookie, seen.authorization], [undefined, "a=b", undefined]);
});

test("requests of one principal at one time ask the scorer once, and each gets its answer", async () => {
  scorer.facts = { userRisk: "none" };
  const before = scorer.asked.length;
  const facts = { ...ASK, principal: { ...CALM.principal, id: "u-together" } };
  const replies = await Promise.all(Array.from({ length: 12 }, () => ask("/", facts)));
  assert.deepEqual(replies.map(({ status }) => status), Array<number>(12).fill(200));
  assert.ok(scorer.asked.length - before < 12, "some joined the question of another");
});

test("a request that gives up takes no other down that waits for the same answer", async () => {
  scorer.mood = "slow";
  const facts = JSON.stringify({ ...ASK, principal: { ...CALM.principal, id: "u-leaver" } });
  const leaver = connect(worker.port, "127.0.0.1", () => {
    leaver.write(`GET / HTTP/1.1\r\nHost: app.example\r\nx-facts: ${facts}\r\n\r\n`);
    setTimeout(() => leaver.destroy(), 30);
  });
  leaver.on("error", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const reply = await exchange(`${worker.url}/`, { "x-facts": facts });
  assert.deepEqual([reply.status, reply.debug?.outage], [403, true]);
});

test("a WebSocket's upgrade is judged, and passes with both ends intact", async () => {
  const facts = JSON.stringify(CALM);
  const head = (path: string, more = ""): string =>
    `GET ${path} HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-facts: ${facts}\r\n${more}\r\n`;
  assert.equal((await raw(head("/admin"))).status, 401);
  assert.equal((await raw(head("/live", "User-Agent: sqlmap/1.8\r\n"))).status, 403);
  const open = await new Promise<string>((resolve, reject) => {
    const socket = connect(worker.port, "127.0.0.1", () => socket.write(head("/live")));
    let reply = "";
    socket.on("data", (chunk) => {
      reply += chunk.toString("latin1");
      if (/\r\n\r\n[^]*allow/.test(reply)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(reply));
    setTimeout(() => socket.destroy(), 5_000).unref();
  });
  assert.match(open, /^HTTP\/1\.1 101 /);
  assert.match(open, /allow$/, "the origin's first words, over the connection that was upgraded");
});

test("bytes that are no UTF-8, floods and missing addresses are decided, not refused with a server error", async () => {
  assert.equal((await raw("GET / HTTP/1.1\r\nHost: app.example\r\nUser-Agent: caf\xe9\xff\x80\r\nConnection: close\r\n\r\n")).status < 500, true);
  assert.equal((await raw("GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n")).status < 500, true);
  const flood: Record<string, string> = {};
  for (let index = 0; index < 120; index += 1) flood[`x-${index}`] = "v".repeat(50);
  assert.equal((await ask("/", CALM, flood)).status, 200);
  assert.equal((await ask("/", CALM, { cookie: `edgeward_session=${"x".repeat(9_000)}` })).status, 200);
});

test("facts that are none are refused with a code, not with a server error", async () => {
  const malformed = await exchange(`${worker.url}/`, { "x-facts": "{" });
  assert.equal(malformed.status, 403);
  assert.equal((JSON.parse(malformed.body) as Record<string, unknown>)["code"], "no_decision");
  const address = await ask("/", { ...CALM, client: { ip: "not an address" } });
  assert.equal(address.status, 403);
});

test("an origin that can not be reached is the origin's failure", async () => {
  const lonely = await start({ ...base(), origin: "http://127.0.0.1:9" });
  assert.equal((await exchange(lonely.url, { "x-facts": JSON.stringify(CALM) })).status, 502);
});

test("without a bundle requests are refused, or passed where so configured, until there is one", async () => {
  const { bundle: _, ...without } = base();
  const closed = await start(without);
  const refused = await exchange(closed.url, { "x-facts": JSON.stringify(CALM) });
  assert.equal(refused.status, 403);
  assert.equal((JSON.parse(refused.body) as Record<string, unknown>)["code"], "no_decision");
  const open = await start({ ...without, onNoBundle: "allow" });
  assert.equal((await exchange(open.url, { "x-facts": JSON.stringify(CALM) })).status, 200);
  scorer.bundle = bundle("9");
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal((await exchange(closed.url, { "x-facts": JSON.stringify(CALM) })).status, 200);
});

test("a bundle that is refused is never decided by", async () => {
  const unsigned = await start({ ...base(), allowUnsigned: false });
  assert.equal((await exchange(unsigned.url, { "x-facts": JSON.stringify(CALM) })).status, 403);
});

function raw(text: string): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(worker.port, "127.0.0.1", () => socket.write(Buffer.from(text, "latin1")));
    let reply = "";
    socket.on("data", (chunk) => (reply += chunk.toString("latin1")));
    socket.on("error", reject);
    socket.on("close", () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? 599) }));
  });
}
