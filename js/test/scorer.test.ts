import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ScorerClient } from "../dist/scorer.js";
import type { ScorerOptions } from "../dist/scorer.js";
import type { ScorerProblem } from "../dist/transport.js";
import type { Answer, Assessment, Receipt } from "../dist/types.js";

const NOW = 1_790_000_000_000;
/** What the clock shows; timers keep their own time. */
let clock = 0;
beforeEach(() => {
  clock = 0;
  mock.method(performance, "now", () => clock);
});
afterEach(() => mock.restoreAll());

function assessment(needs: string[], about: Record<string, unknown> = { principal: "p1", time: NOW }): Assessment {
  return { schema: 1, needs, about, bundleVersion: "1" };
}

function client(fetch: (request: Request) => Promise<Response>, over: Partial<ScorerOptions> = {}) {
  const problems: ScorerProblem[] = [];
  const options = { url: "http://scorer.example/", token: "t", timeoutMs: 50, fetch, ...over };
  const scorer = new ScorerClient(options, (problem) => problems.push(problem));
  const ask = async (needs: string[], about?: Record<string, unknown>): Promise<Answer | undefined> =>
    (await scorer.assess(assessment(needs, about), (answer) => answer))?.answer;
  return { scorer, problems, ask };
}

function hang(request: Request): Promise<Response> {
  return new Promise((_, reject) => {
    request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
  });
}

function stallInTheBody(request: Request): Promise<Response> {
  const body = new ReadableStream({
    start: (controller) => request.signal.addEventListener("abort", () => controller.error(request.signal.reason)),
  });
  return Promise.resolve(new Response(body));
}

const redirect = new Response(null, { status: 302, headers: { location: "http://elsewhere.example" } });

/** A reply that never ends. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)) });
}

test("asks with the token, and reuses an answer while it is fresh and covers what is asked", async () => {
  const asked: unknown[] = [];
  const { scorer, ask } = client(async (request) => {
    assert.equal(request.headers.get("authorization"), "Bearer t");
    assert.equal(request.url, "http://scorer.example/v1/assess");
    asked.push(((await request.json()) as Assessment).needs);
    return Response.json({ facts: { userRisk: "low" }, ttlSeconds: 60 });
  });
  const first = await ask(["userRisk", "signInRisk"]);
  assert.deepEqual(first?.facts, { userRisk: "low" });
  clock = 5_000;
  await ask(["userRisk"], { principal: "p1", time: NOW + 5 });
  assert.equal(asked.length, 1, "same principal, fewer needs: reused");
  await ask(["principal.groups"]);
  await ask(["userRisk"], { principal: "p2" });
  await ask(["userRisk"], { principal: "p1", country: "NO" });
  clock = 61_000;
  await ask(["userRisk", "signInRisk"]);
  assert.deepEqual(asked.length, 5);
  assert.equal(scorer.metrics.reused, 1);
});

test("every way to fail is no answer, counted by cause, and never thrown", async () => {
  const cases: [ScorerProblem, (request: Request) => Promise<Response>][] = [
    ["timeout", hang],
    ["timeout", stallInTheBody],
    ["unreachable", () => Promise.reject(new TypeError("connection refused"))],
    ["refused", () => Promise.resolve(new Response("no", { status: 401 }))],
    ["refused", () => Promise.resolve(new Response("no", { status: 503 }))],
    ["refused", () => Promise.resolve(redirect)],
    ["rejected", () => Promise.resolve(new Response("no", { status: 400 }))],
    ["garbage", () => Promise.resolve(new Response("<html>"))],
    ["garbage", () => Promise.resolve(Response.json(null))],
    ["garbage", () => Promise.resolve(Response.json({ facts: { userRisk: "low" } }))],
    ["garbage", () => Promise.resolve(Response.json({ facts: [], ttlSeconds: -1 }))],
    ["garbage", () => Promise.resolve(new Response(`"${"x".repeat(300_000)}"`))],
    ["garbage", () => Promise.resolve(new Response(endless()))],
  ];
  for (const [problem, fetch] of cases) {
    const { scorer, problems, ask } = client(fetch);
    assert.equal(await ask(["userRisk"]), undefined);
    assert.deepEqual(problems, [problem]);
    assert.equal(scorer.metrics.problems[problem], 1);
  }
});

test("receipts go in batches; what fails is sent again and the oldest give way", async () => {
  const sizes: number[] = [];
  let up = false;
  const { scorer } = client(async (request) => {
    if (!up) throw new TypeError("down");
    sizes.push(((await request.json()) as { receipts: unknown[] }).receipts.length);
    return Response.json({ accepted: 1, duplicates: 0 }, { status: 202 });
  });
  for (let index = 0; index < 2_100; index += 1) scorer.record(JSON.stringify({ digest: String(index) }));
  assert.equal(scorer.pending, 2_000);
  assert.equal(scorer.metrics.receiptsDropped, 100);
  await scorer.flush();
  assert.equal(scorer.pending, 2_000, "kept while the scorer is down");
  up = true;
  await scorer.flush();
  assert.equal(scorer.pending, 0);
  assert.ok(sizes.every((size) => size === 100));
  assert.equal(scorer.metrics.receiptsSent, 2_000);
});

test("receipts the scorer finds at fault are dropped, and the next ones go on", async () => {
  const { scorer } = client(async (request) => {
    const { receipts } = (await request.json()) as { receipts: Receipt[] };
    return new Response(null, { status: receipts.some(({ digest }) => digest === "bad") ? 400 : 202 });
  });
  scorer.record(JSON.stringify({ digest: "bad" }));
  await scorer.flush();
  assert.deepEqual([scorer.pending, scorer.metrics.receiptsDropped], [0, 1]);
  scorer.record(JSON.stringify({ digest: "good" }));
  await scorer.flush();
  assert.equal(scorer.metrics.receiptsSent, 1);
});

test("a bundle comes with its signature and is fetched again only when it changed", async () => {
  const signature = { keyId: "k", algorithm: "Ed25519", signature: "AA==" };
  const { scorer } = client((request) =>
    Promise.resolve(
      request.headers.get("if-none-match") === '"7"'
        ? new Response(null, { status: 304 })
        : new Response("{}", { headers: { etag: '"7"', "edgeward-signature": JSON.stringify(signature) } }),
    ),
  );
  assert.deepEqual(await scorer.bundle(undefined), { text: "{}", etag: '"7"', signature });
  assert.equal(await scorer.bundle('"7"'), undefined);
});

test("a scorer without address or token is refused at start", () => {
  const ignore = (): void => undefined;
  assert.throws(() => new ScorerClient({ url: "scorer", token: "t" }, ignore), { path: "scorer.url" });
  assert.throws(() => new ScorerClient({ url: "http://scorer.example", token: "" }, ignore), { path: "scorer.token" });
});

const answer = (): Response => Response.json({ facts: { userRisk: "low" }, ttlSeconds: 0 });

test("requests of one principal at one time ask one question", async () => {
  let asked = 0;
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { scorer, ask } = client(async () => {
    asked += 1;
    await gate;
    return answer();
  });
  const needs = ["userRisk", "signInRisk"];
  const waiting = [needs, ["userRisk"], needs].map((some) => ask(some));
  const other = ask(["principal.groups"]);
  open();
  assert.ok((await Promise.all([...waiting, other])).every((one) => one?.facts["userRisk"] === "low"));
  assert.deepEqual([asked, scorer.metrics.joined], [2, 2], "what is not covered is asked for itself");
  await ask(needs);
  assert.equal(asked, 3, "nothing is joined that is over");
});

test("whoever joins a question waits no longer for it than for one of its own", async () => {
  // In a worker the question's own request may be gone, its timers with it: its answer never comes.
  const { problems, ask } = client(() => new Promise(() => undefined), { timeoutMs: 30 });
  const timers = mock.method(globalThis, "setTimeout", () => 0);
  void ask(["userRisk"]);
  timers.mock.restore();
  assert.equal(await ask(["userRisk"]), undefined);
  assert.deepEqual(problems, ["timeout"]);
});

test("a scorer that fails is left alone, probed, and asked again when it is well", async () => {
  let [asked, up] = [0, false];
  const { scorer, problems, ...one } = client(() => {
    asked += 1;
    return Promise.resolve(up ? answer() : new Response(null, { status: 503 }));
  });
  const ask = (at: number): Promise<Answer | undefined> => {
    clock = at;
    return one.ask(["userRisk"], { principal: `p${at}` });
  };
  for (let at = 0; at < 5; at += 1) await ask(at);
  assert.equal(scorer.metrics.circuit, "open");
  assert.equal(await ask(10), undefined);
  assert.deepEqual([asked, problems.at(-1)], [5, "circuit_open"]);
  await ask(1_100);
  assert.deepEqual([asked, scorer.metrics.circuit], [6, "open"], "a probe that fails keeps it open, twice as long");
  await ask(2_900);
  assert.equal(asked, 6);
  up = true;
  assert.notEqual(await ask(3_200), undefined);
  assert.equal(scorer.metrics.circuit, "closed");
  assert.notEqual(await ask(3_201), undefined);
});

test("a question at fault does not open the circuit", async () => {
  const { scorer, ask } = client(() => Promise.resolve(new Response(null, { status: 422 })));
  for (let at = 0; at < 9; at += 1) await ask(["userRisk"], { principal: `p${at}` });
  assert.equal(scorer.metrics.circuit, "closed");
});

test("a flood here is none at the scorer", async () => {
  const { scorer, problems, ask } = client(() => Promise.resolve(answer()), { questionsPerSecond: 3 });
  for (let name = 0; name < 5; name += 1) await ask(["userRisk"], { principal: `p${name}` });
  assert.deepEqual([scorer.metrics.asked, problems], [3, ["over_budget", "over_budget"]]);
  clock = 400;
  assert.notEqual(await ask(["userRisk"], { principal: "p9" }), undefined, "it fills up again");
});

test("who floods does not choose outage mode for all others", async () => {
  const one = client(() => Promise.resolve(answer()), { questionsPerSecond: 80 });
  const ask = async (about: Record<string, unknown>): Promise<boolean> => (await one.ask(["userRisk"], about)) !== undefined;
  const flood = async (about: (index: number) => Record<string, unknown>): Promise<number> => {
    let answered = 0;
    for (let index = 0; index < 100; index += 1) answered += (await ask(about(index))) ? 1 : 0;
    return answered;
  };
  assert.equal(await flood((index) => ({ principal: "p1", session: index })), 10, "an eighth for a principal");
  assert.equal(await flood((index) => ({ address: "203.0.113.0/24", agent: index })), 10, "and for a prefix");
  assert.equal(await flood((index) => ({ address: `198.51.${index}.0/24` })), 40, "a quarter is for those who are known");
  assert.equal(await ask({ principal: "p2" }), true);
  assert.equal(await ask({ principal: "p1", session: "s" }), false);
});

test("a question is asked twice only if the budget has one for it", async () => {
  const { scorer, ask } = client(hang, { hedgeAfterMs: 5, timeoutMs: 40, questionsPerSecond: 1 });
  assert.equal(await ask(["userRisk"]), undefined);
  assert.deepEqual([scorer.metrics.asked, scorer.metrics.hedged], [1, 0]);
});

test("a hedged question takes the first answer; without hedging nothing is asked twice", async () => {
  let asked = 0;
  const slowThenQuick = (request: Request): Promise<Response> => ((asked += 1) === 1 ? hang(request) : Promise.resolve(answer()));
  const { scorer, ask } = client(slowThenQuick, { hedgeAfterMs: 5, timeoutMs: 5_000 });
  assert.notEqual(await ask(["userRisk"]), undefined);
  assert.deepEqual([asked, scorer.metrics.hedged, scorer.metrics.latency.count], [2, 1, 1]);
  asked = 0;
  const plain = client(slowThenQuick);
  assert.equal(await plain.ask(["userRisk"]), undefined);
  assert.equal(asked, 1);
});
