// A store or a scorer that never answers holds no request for ever.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Guard } from "edgeward";
import type { GuardOptions, HostRequest, Judgement, Store } from "edgeward";
import { ScorerClient } from "../dist/scorer.js";
import { bundle, CALM, CHROME } from "./support/fixture.js";

let clock = 0;
beforeEach(() => {
  clock = 0;
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => clock);
  mock.method(Date, "now", () => 1_790_000_000_000 + clock);
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** What a promise comes to within so many milliseconds of the clock, which passes faster than time. */
async function within<T>(ms: number, promise: Promise<T> | T | undefined): Promise<T | "pending" | undefined> {
  let ended: T | "pending" | undefined = "pending";
  void Promise.resolve(promise).then((value) => (ended = value));
  for (let passed = 0; passed <= ms && ended === "pending"; passed += 100) {
    // Long enough for what is no timer's, digests and promises.
    await moment();
    clock += 100;
    mock.timers.tick(100);
  }
  return ended;
}

function moment(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      clearInterval(timer);
      resolve();
    }, 5);
  });
}

function guarded(options: Partial<GuardOptions<undefined>>) {
  const problems: string[] = [];
  const scorer = { away: false, url: "http://scorer.example", token: "t" };
  const fetch = ({ url }: Request): Promise<Response> => {
    if (scorer.away) return Promise.reject(new TypeError("away"));
    if (url.endsWith("/v1/bundle")) return Promise.resolve(new Response(bundle()));
    if (url.includes("/v1/state")) return Promise.resolve(Response.json({ cursor: 0, revokedSessions: [], riskLevels: [] }));
    return Promise.resolve(new Response(null, { status: 202 }));
  };
  const { away: _, ...spoken } = scorer;
  const guard = new Guard<undefined>({
    allowUnsigned: true,
    onProblem: ({ code, message }) => problems.push(`${code}: ${message}`),
    scorer: { ...spoken, fetch },
    ...options,
  });
  return { guard, scorer, problems };
}

function request(session: object = {}): HostRequest<undefined> {
  const http = { method: "GET", path: "/", headers: [["user-agent", CHROME]] } as const;
  const facts = { ...CALM, http, session: { ...CALM.session, ...session } };
  return { native: undefined, method: "GET", url: "https://app.example/", header: () => undefined, trustsPeer: false, facts };
}

const KINDS = (judged: (Judgement | "pending" | undefined)[]): unknown[] =>
  judged.map((one) => (typeof one === "object" ? one.plan.kind : one));

test("a store that hangs delays the start, and is asked again while it is needed", async () => {
  let [isHanging, kept] = [true, undefined as string | undefined];
  const store: Store = {
    get: (key) => (isHanging ? never() : Promise.resolve(key.startsWith("edgeward/bundle/") ? kept : undefined)),
    put: () => Promise.resolve(),
  };
  const { guard, problems } = guarded({ store });
  const [first, second] = [guard.judge(request()), guard.judge(request())];
  assert.deepEqual(KINDS([await within(2_000, first), await within(2_000, second)]), ["pass", "pass"]);
  assert.match(problems.join(), /store: .*within 500 ms/);
  const cold = guarded({ store });
  cold.scorer.away = true;
  assert.deepEqual(KINDS([await within(2_000, cold.guard.judge(request()))]), ["answer"]);
  [isHanging, kept] = [false, JSON.stringify({ text: bundle() })];
  clock += 1_000;
  assert.deepEqual(KINDS([await within(2_000, cold.guard.judge(request()))]), ["pass"]);
});

test("a store that takes nothing delays no request, and no instance for ever", async () => {
  const { guard, problems } = guarded({ store: { get: () => Promise.resolve(undefined), put: never } });
  const judged = await within(2_000, guard.judge(request()));
  assert.ok(typeof judged === "object");
  assert.notEqual(await within(20_000, judged.after?.()), "pending");
  assert.match(problems.join(), /store: .*within 5000 ms/);
});

test("a store of profiles that hangs costs a moment, and what it holds is not overwritten", async () => {
  let isHanging = true;
  const kept: string[] = [];
  const store: Store = {
    get: () => (isHanging ? never() : Promise.resolve(undefined)),
    put: (key) => {
      kept.push(key);
      return never();
    },
  };
  const profiles = { keys: [{ id: 1, key: "11".repeat(32) }], store };
  const options = { bundle: { text: bundle() }, scorer: undefined, identifierKey: "ab".repeat(32), profiles };
  const { guard, problems } = guarded(options);
  const fresh = (): HostRequest<undefined> => request({ establishedAt: Date.now() });
  const blind = await within(2_000, guard.judge(fresh()));
  assert.ok(typeof blind === "object" && blind.plan.kind === "pass");
  await blind.after?.();
  assert.deepEqual(kept, []);
  assert.match(problems.join(), /profile: .*within 500 ms/);
  isHanging = false;
  clock += 60_000;
  const judged = await within(2_000, guard.judge(fresh()));
  assert.ok(typeof judged === "object" && judged.plan.kind === "pass", "it waits for nothing to be written");
  assert.notEqual(await within(20_000, judged.after?.()), "pending");
  assert.equal(kept.length, 1);
  assert.match(problems.join(), /profile: .*within 5000 ms/);
});

test("a fetch that does not heed its signal is left behind", async () => {
  const problems: string[] = [];
  let [cancelled, answer] = [false, (_: Response): void => undefined];
  const late = new Promise<Response>((resolve) => (answer = resolve));
  const options = { url: "http://scorer.example", token: "t", fetch: () => late };
  const scorer = new ScorerClient(options, (problem) => problems.push(problem));
  assert.equal(await within(3_000, scorer.bundle(undefined)), undefined);
  answer(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })));
  await moment();
  assert.deepEqual([problems, cancelled], [["timeout"], true]);
});
