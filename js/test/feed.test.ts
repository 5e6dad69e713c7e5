// What an instance keeps of the scorer: how it starts, how it swaps, and what it leaves for others.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decisionLine, Guard } from "edgeward";
import { protect as protectFetch } from "edgeward/fetch";
import { edgeward } from "edgeward/hono";
import { createMiddleware } from "edgeward/node";
import { createWorker, protect as protectWorker } from "edgeward/workers";
import { glue } from "#engine";
import type { GuardOptions, HostRequest, Request as Facts, Store, UndecidedRecord } from "edgeward";
import { ownerOf } from "../dist/store.js";
import { bundle, CALM, CHROME } from "./support/fixture.js";
import { eventually } from "./support/servers.js";

/** A scorer in this process: what it serves can be changed, and it can be away. */
class Scorer {
  version = "1";
  away = false;
  fetched = 0;
  state: unknown = { cursor: 0, revokedSessions: [], riskLevels: [] };

  readonly fetch = async (request: Request): Promise<Response> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.away) throw new TypeError("away");
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/bundle") {
      this.fetched += 1;
      const etag = `"${this.version}"`;
      if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
      return new Response(bundle(this.version), { headers: { etag } });
    }
    return pathname === "/v1/state" ? Response.json(this.state) : Response.json({}, { status: 202 });
  };
}

class Memory implements Store {
  readonly values = new Map<string, string>();
  get = (key: string): Promise<string | undefined> => Promise.resolve(this.values.get(key));
  put = (key: string, value: string): Promise<void> => Promise.resolve(void this.values.set(key, value));
}

function guard(scorer: Scorer, over: Partial<GuardOptions<undefined>> = {}): Guard<undefined> {
  return new Guard<undefined>({
    allowUnsigned: true,
    onProblem: () => undefined,
    scorer: { url: "http://scorer.example", token: "t", fetch: scorer.fetch, bundleIntervalMs: 0, stateIntervalMs: 0 },
    ...over,
  });
}

function request(facts: Facts = CALM): HostRequest<undefined> {
  const http = { method: "GET", path: "/", headers: [["user-agent", CHROME]] } as const;
  return { native: undefined, method: "GET", url: "https://app.example/", header: () => undefined, trustsPeer: false, facts: { http, ...facts } };
}

test("what waits for nothing is judged at once, and what fails is no exception", async () => {
  const options = { bundle: { text: bundle() }, allowUnsigned: true, onProblem: () => undefined };
  const alone = new Guard<undefined>(options);
  const judged = alone.judge(request());
  assert.ok(!(judged instanceof Promise));
  assert.equal(judged.plan.kind, "pass");
  const broken = (): Facts => {
    throw new Error("away");
  };
  const undecided = new Guard<undefined>({ ...options, facts: broken }).judge(request());
  assert.ok(!(undecided instanceof Promise));
  assert.equal(undecided.plan.kind, "answer");
  const asking = guard(new Scorer()).judge(request());
  assert.ok(asking instanceof Promise, "there is no bundle yet");
  assert.equal((await asking).plan.kind, "pass");
});

test("a bundle is swapped while requests are decided: none fails, none goes back", async () => {
  const scorer = new Scorer();
  const serving = guard(scorer);
  const seen: number[] = [];
  const lane = async (): Promise<void> => {
    for (let count = 0; count < 60; count += 1) {
      const { plan, record, after } = await serving.judge(request());
      assert.equal(plan.kind, "pass");
      const version = Number(record?.decision.versions.bundle);
      assert.ok(version >= (seen.at(-1) ?? 0), "a version goes up only");
      seen.push(version);
      void after?.();
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (count % 10 === 0) scorer.version = String(Number(scorer.version) + 1);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  assert.ok((seen.at(-1) ?? 0) > 5, "the newest one arrived");
  assert.equal(serving.metrics.undecided, 0);
});

test("requests that come before the first bundle wait for the one that fetches it", async () => {
  const scorer = new Scorer();
  const cold = guard(scorer);
  const judged = await Promise.all(Array.from({ length: 20 }, () => cold.judge(request())));
  assert.ok(judged.every(({ plan }) => plan.kind === "pass"));
  assert.equal(scorer.fetched, 1);
});

test("a cold instance decides by what another left in the store while the scorer is away", async () => {
  const [scorer, store] = [new Scorer(), new Memory()];
  const revoked = { ...CALM, session: { ...CALM.session, id: "s-revoked" } };
  scorer.state = { cursor: 3, revokedSessions: [{ id: "s-revoked", revokedAt: Date.now() }], riskLevels: [] };
  void (await guard(scorer, { store }).judge(request())).after?.();
  await eventually(() => store.values.size === 2, "bundle and state are kept");
  scorer.away = true;
  const cold = guard(scorer, { store });
  assert.equal((await cold.judge(request())).plan.kind, "pass");
  assert.equal((await cold.judge(request(revoked))).originHeaders["edgeward-principal"], undefined, "revoked stays revoked");
  assert.equal((await guard(scorer).judge(request())).plan.kind, "answer", "without a store there is nothing to decide by");
});

test("guards of two scorers on one store know nothing of each other", async () => {
  const [mine, store] = [new Scorer(), new Memory()];
  mine.state = { cursor: 3, revokedSessions: [{ id: "s1", revokedAt: Date.now() }], riskLevels: [] };
  void (await guard(mine, { store }).judge(request())).after?.();
  await eventually(() => store.values.size === 2, "bundle and state are kept");
  const away = new Scorer();
  away.away = true;
  const scorer = { url: "http://other.example", token: "t", fetch: away.fetch };
  assert.equal((await guard(away, { store, scorer }).judge(request())).plan.kind, "answer", "another's bundle is none");
  const own = { bundle: { text: bundle() } };
  const { originHeaders } = await guard(away, { store, scorer, ...own }).judge(request());
  assert.equal(originHeaders["edgeward-principal"], "u1", "another's revocations are none");
  const keys = { publicKeys: [{ id: "k", key: "A".repeat(43) + "=" }] };
  assert.equal((await guard(away, { store, ...keys }).judge(request())).plan.kind, "answer", "nor with other keys");
});

test("problems name the support code, and quote nothing that a request said", async () => {
  const problems: { code: string; message: string }[] = [];
  const one = guard(new Scorer(), { onProblem: (problem) => problems.push(problem) });
  const { plan } = await one.judge(request({ ...CALM, client: { ip: "secret-of-somebody" } }));
  assert.equal(plan.kind, "answer");
  const told = problems.find(({ code }) => code === "undecided")?.message ?? "";
  assert.doesNotMatch(JSON.stringify(problems), /secret-of-somebody/);
  const code = /support code (\S+)$/.exec(told)?.[1];
  assert.ok(code && plan.kind === "answer" && plan.body.includes(code), told);
});

test("a trap that was survived is reported", async () => {
  const codes: string[] = [];
  const one = guard(new Scorer(), { bundle: { text: bundle() }, onProblem: ({ code }) => codes.push(code) });
  const { evaluatePacked } = glue.Engine.prototype;
  glue.Engine.prototype.evaluatePacked = function () {
    glue.Engine.prototype.evaluatePacked = evaluatePacked;
    throw new WebAssembly.RuntimeError("unreachable");
  };
  assert.equal((await one.judge(request())).plan.kind, "pass");
  assert.ok(codes.includes("engine_trap"));
});

test("what a store kept is not believed unless it verifies, and does not keep better from coming", async () => {
  const [scorer, store] = [new Scorer(), new Memory()];
  const owner = await ownerOf("http://scorer.example", []);
  store.values.set(`edgeward/bundle/${owner}`, JSON.stringify({ text: "{", etag: '"1"' }));
  assert.equal((await guard(scorer, { store }).judge(request())).plan.kind, "pass", "the scorer's own is fetched");
  store.values.set(`edgeward/state/${owner}`, "rubbish");
  store.put = () => Promise.reject(new Error("quota"));
  store.values.set(`edgeward/bundle/${owner}`, JSON.stringify({ text: bundle(), etag: '"1"' }));
  scorer.away = true;
  const problems: string[] = [];
  const poor = guard(scorer, { store, onProblem: ({ code }) => problems.push(code) });
  assert.equal((await poor.judge(request())).plan.kind, "pass", "rubbish hides no bundle beside it");
  assert.ok(problems.includes("store"));
});

test("everything is counted: here, and in a meter that looks like OpenTelemetry's", async () => {
  const counted: Record<string, number> = {};
  const instrument = (name: string) => {
    const count = (value: number): void => void (counted[name] = (counted[name] ?? 0) + (name.endsWith("duration") ? 1 : value));
    return { add: count, record: count };
  };
  const scorer = new Scorer();
  const observed = guard(scorer, { meter: { createCounter: instrument, createHistogram: instrument } });
  await observed.judge(request());
  scorer.away = true;
  const outage = await observed.judge(request({ ...CALM, risk: { signIn: "none" } }));
  assert.equal(outage.plan.kind, "answer");
  await observed.judge(request({ client: { ip: "no address" } }));
  const { decisions, deferRate, outages, undecided, scorer: talk } = observed.metrics;
  assert.deepEqual([decisions.allow, decisions.block, deferRate, outages, undecided], [1, 1, 0.5, 1, 1]);
  assert.deepEqual([talk?.asked, talk?.problems.unreachable, talk?.latency.count, talk?.circuit], [1, 1, 1, "closed"]);
  assert.deepEqual([counted["edgeward.decisions"], counted["edgeward.undecided"]], [2, 1]);
  assert.deepEqual([counted["edgeward.decision.duration"], counted["edgeward.scorer.duration"]], [2, 1]);
  assert.ok((counted["edgeward.problems"] ?? 0) >= 2);
  assert.deepEqual([observed.metrics.problems["undecided"], observed.metrics.problems["scorer_unreachable"]], [1, 1]);
  assert.ok((observed.metrics.stateAgeMs ?? -1) >= 0, "the scorer's word has an age");
});

test("what was never decided has its line in the log too: every time, not once a minute", async () => {
  const lines: string[] = [];
  const log = { onUndecided: (record: UndecidedRecord) => void lines.push(decisionLine(record)) };
  const scorer = new Scorer();
  scorer.away = true;
  for (const onNoBundle of ["deny", "allow"] as const) {
    const cold = guard(scorer, { ...log, onNoBundle });
    for (let time = 0; time < 2; time += 1) await (await cold.judge(request())).after?.();
  }
  scorer.away = false;
  const { plan, after } = await guard(scorer, log).judge(request({ client: { ip: "no address" } }));
  await after?.();
  const written = lines.map((line) => JSON.parse(line) as UndecidedRecord & { event: string });
  assert.deepEqual(
    written.map(({ event, reason, passed }) => [event, reason, passed]),
    [
      ["edgeward.undecided", "no_bundle", false],
      ["edgeward.undecided", "no_bundle", false],
      ["edgeward.undecided", "no_bundle", true],
      ["edgeward.undecided", "no_bundle", true],
      ["edgeward.undecided", "failure", false],
    ],
  );
  assert.ok(plan.kind === "answer" && plan.body.includes(written.at(-1)?.supportCode ?? "?"), "the code that the client was shown");
  assert.equal(new Set(written.map(({ supportCode }) => supportCode)).size, 5);
});

test("a hook that throws is a problem and nothing more", async () => {
  const codes: string[] = [];
  const broken = guard(new Scorer(), {
    onUndecided: () => {
      throw new Error("full");
    },
    onProblem: ({ code }) => codes.push(code),
  });
  await (await broken.judge(request({ client: { ip: "no address" } }))).after?.();
  assert.ok(codes.includes("hook"));
});

test("hooks that fail later end no process", async () => {
  const problems: string[] = [];
  const broken = guard(new Scorer(), {
    onDecision: async () => Promise.reject(new Error("full")),
    onProblem: async ({ code }) => {
      problems.push(code);
      return Promise.reject(new Error("full, too"));
    },
  });
  await (await broken.judge(request())).after?.();
  await eventually(() => problems.includes("hook"), "it is told");
});

test("numbers that are none, and options nobody knows, stop the start", () => {
  const scorer = { url: "http://scorer.example", token: "t" };
  const start = (over: object): unknown => new Guard({ allowUnsigned: true, scorer: { ...scorer, ...over } });
  for (const [name, value] of [
    ["timeoutMs", Number.NaN],
    ["timeoutMs", "400"],
    ["timeoutMs", -1],
    ["hedgeAfterMs", Number.POSITIVE_INFINITY],
    ["questionsPerSecond", 0],
    ["auditShare", 2],
    ["timeout", 400],
  ] as const) {
    assert.throws(() => start({ [name]: value }), { code: "invalid_option", path: `scorer.${name}` });
  }
  start({ timeoutMs: undefined, auditShare: 0 });
});

test("a misspelt option stops the start of every adapter", () => {
  const options = { allowUnsigned: true, bundle: { text: bundle() } };
  const handler = (): Response => new Response();
  const adapters: Record<string, (options: object) => unknown> = {
    guard: (given) => new Guard(given),
    node: (given) => createMiddleware(given),
    fetch: (given) => protectFetch(handler, given),
    workers: (given) => protectWorker(handler, given),
    "worker in front of an origin": (given) => createWorker({ origin: "https://origin.example", ...given }),
    hono: (given) => edgeward(given),
  };
  for (const [name, make] of Object.entries(adapters)) {
    make(options);
    assert.throws(() => make({ ...options, orignSecret: "x" }), { code: "invalid_option", path: "orignSecret" }, name);
  }
  assert.throws(() => new Guard({ ...options, onNoBundle: "pass" as "allow" }), { path: "onNoBundle" });
});

test("a worker shows its guard, once there is one", async () => {
  const options = { allowUnsigned: true, bundle: { text: bundle() }, facts: () => CALM };
  const bound = protectWorker(() => new Response("hello"), () => options);
  assert.ok(!bound.guard);
  const context = { waitUntil: (): void => undefined };
  const ask = new Request("https://app.example/", { headers: { "user-agent": CHROME } });
  assert.equal((await bound.fetch(ask, {}, context)).status, 200);
  assert.equal((bound.guard as Guard<Request> | undefined)?.metrics.decisions.allow, 1);
});

test("a decision line does not repeat what a client calls itself", async () => {
  const http = { method: "GET", path: "/", headers: [["user-agent", "anna.andersson-fetcher/1.0"]] } as const;
  const { record } = await guard(new Scorer(), { bundle: { text: bundle() } }).judge(request({ ...CALM, http }));
  assert.ok(record);
  assert.equal(record.decision.agent.name, "fetcher", "the decision itself has it");
  assert.doesNotMatch(decisionLine(record), /fetcher/);
});
