// What a guard asks the scorer: how often, for how long, and what it makes of answers and of none.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Guard } from "edgeward";
import type { GuardOptions, HostRequest, Judgement, ScorerOptions, Store } from "edgeward";
import { bundle, CALM, CHROME } from "./support/fixture.js";

type Ask = (request: Request, count: number) => Promise<Response>;

/** What clocks show, milliseconds; timers keep their own time. */
let clock = 0;
beforeEach(() => {
  clock = 0;
  mock.method(Date, "now", () => 1_790_000_000_000 + clock);
  mock.method(performance, "now", () => clock);
});
afterEach(() => mock.restoreAll());

const answer = (facts: object = { userRisk: "none" }, ttlSeconds = 0): Response => Response.json({ facts, ttlSeconds });

function hang({ signal }: Request): Promise<Response> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

/** A guard, and how often its scorer was asked: nothing else of the scorer is there. */
function guarded(ask: Ask, over: Partial<ScorerOptions> = {}, options: Partial<GuardOptions<undefined>> = {}) {
  const scorer = {
    asked: 0,
    url: "http://scorer.example",
    token: "t",
    fetch: (request: Request): Promise<Response> => {
      if (!request.url.endsWith("/v1/assess")) return Promise.resolve(new Response(null, { status: 404 }));
      scorer.asked += 1;
      return ask(request, scorer.asked);
    },
  };
  const { asked: _, ...spoken } = scorer;
  const problems: string[] = [];
  const guard = new Guard<undefined>({
    bundle: { text: bundle() },
    allowUnsigned: true,
    onProblem: ({ code }) => problems.push(code),
    scorer: { ...spoken, timeoutMs: 30, ...over },
    ...options,
  });
  const judge = async (id: string): Promise<Judgement> => guard.judge(about(id));
  return { guard, scorer, problems, judge, talk: () => guard.metrics.scorer };
}

/** Of a user whose risk only the scorer knows, and who is blocked if nobody can tell. */
function about(id: string): HostRequest<undefined> {
  const http = { method: "GET", path: "/", headers: [["user-agent", CHROME]] } as const;
  const facts = { ...CALM, http, principal: { ...CALM.principal, id }, risk: { signIn: "none" } } as const;
  return { native: undefined, method: "GET", url: "https://app.example/", header: () => undefined, trustsPeer: false, facts };
}

test("who waited before asking gives nobody the same time twice", async () => {
  let release = (): void => undefined;
  const gate = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
  let read = 0;
  const store: Store = { get: () => ((read += 1) === 1 ? gate : Promise.resolve(undefined)), put: () => Promise.resolve() };
  const profiles = { keys: [{ id: 1, key: "11".repeat(32) }], store };
  const { judge, talk } = guarded(() => Promise.resolve(answer()), { questionsPerSecond: 8 }, { identifierKey: "ab".repeat(32), profiles });
  const early = judge("early");
  while (read === 0) await Promise.resolve();
  clock = 5_000;
  for (let count = 0; count < 8; count += 1) await judge(`u${count}`);
  release();
  await early;
  await judge("fresh");
  assert.deepEqual([talk()?.asked, talk()?.problems.over_budget], [8, 2]);
});

test("an answer that the engine can not use is not kept, and no sign of health", async () => {
  const broken = [
    { facts: { userRisk: 7 }, ttlSeconds: 3_600 },
    { facts: { userRisk: "none" }, ttlSeconds: 0.5 },
    { facts: { userRisk: "none" }, ttlSeconds: 5e9 },
  ];
  for (const body of broken) {
    const { judge, scorer, talk } = guarded((_, count) => Promise.resolve(count === 1 ? Response.json(body) : answer()));
    assert.deepEqual([(await judge("u1")).record?.outage, talk()?.problems.garbage], [true, 1], JSON.stringify(body));
    assert.deepEqual([(await judge("u1")).record?.outage, scorer.asked, talk()?.reused], [false, 2, 0], JSON.stringify(body));
  }
  const { judge, talk } = guarded(() => Promise.resolve(answer({ userRisk: 7 }, 3_600)));
  for (let count = 0; count < 5; count += 1) await judge("u1");
  assert.equal(talk()?.circuit, "open");
});

test("questions that fail together open the circuit once, not once each", async () => {
  const { judge, scorer, talk } = guarded(hang);
  await Promise.all(Array.from({ length: 12 }, (_, index) => judge(`u${index}`)));
  assert.equal(talk()?.circuit, "open");
  clock = 1_000;
  await judge("probe");
  assert.equal(scorer.asked, 13, "a second later the scorer is probed");
  clock = 2_900;
  await judge("early");
  assert.equal(scorer.asked, 13, "the probe failed: two seconds");
  clock = 3_000;
  await judge("probe");
  assert.equal(scorer.asked, 14);
});

test("the circuit is open from when a question failed, not from when it was asked", async () => {
  let fail = (): void => undefined;
  const failing = new Promise<Response>((_, reject) => (fail = () => reject(new TypeError("gone"))));
  const { judge, scorer, talk } = guarded(() => failing, { timeoutMs: 5_000 });
  const waiting = Array.from({ length: 5 }, (_, index) => judge(`u${index}`));
  clock = 2_000;
  fail();
  await Promise.all(waiting);
  clock = 2_900;
  await judge("early");
  assert.deepEqual([scorer.asked, talk()?.problems.circuit_open], [5, 1]);
});

test("what lost to its hedge is given up and held against nobody", async () => {
  const lost: AbortSignal[] = [];
  const askedOnce = new Set<string>();
  const slowFirst: Ask = async (request) => {
    const { about: asked } = (await request.clone().json()) as { about: { principal: string } };
    if (askedOnce.has(asked.principal)) return answer();
    askedOnce.add(asked.principal);
    lost.push(request.signal);
    return hang(request);
  };
  const { judge, talk } = guarded(slowFirst, { hedgeAfterMs: 5, timeoutMs: 100 });
  const judged = await Promise.all(Array.from({ length: 6 }, (_, index) => judge(`u${index}`)));
  assert.ok(judged.every(({ record }) => record?.outage === false));
  assert.deepEqual(lost.map(({ aborted }) => aborted), Array.from({ length: 6 }, () => true));
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual([talk()?.circuit, talk()?.problems.timeout, talk()?.hedged], ["closed", 0, 6]);
});

test("a hedge has what is left of the time, and is not asked when nothing is", async () => {
  const ended: number[] = [];
  const passing =
    (ms: number): Ask =>
    (request, count) => {
      if (count === 1) clock += ms;
      request.signal.addEventListener("abort", () => ended.push(count));
      return hang(request);
    };
  const hedged = guarded(passing(299), { timeoutMs: 300, hedgeAfterMs: 5 });
  assert.equal((await hedged.judge("u1")).record?.outage, true);
  assert.deepEqual(ended, [2, 1]);
  const late = guarded(passing(50), { timeoutMs: 50, hedgeAfterMs: 5 });
  await late.judge("u1");
  assert.equal(late.scorer.asked, 1);
});
