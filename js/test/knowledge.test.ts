// What the scorer tells a guard beside answers: revocations, risk levels, profiles; how it is read, and how long it counts.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Guard } from "edgeward";
import type { HostRequest, Request as Facts, ScorerOptions } from "edgeward";
import { bundle, CALM, CHROME } from "./support/fixture.js";
import { eventually } from "./support/servers.js";

/** What the clocks show, milliseconds: one that only goes forward, and the one that somebody may set. */
let [clock, wall] = [0, 1_790_000_000_000];
beforeEach(() => {
  [clock, wall] = [0, 1_790_000_000_000];
  mock.method(performance, "now", () => clock);
  mock.method(Date, "now", () => wall + clock);
});
afterEach(() => mock.restoreAll());

interface Page {
  cursor: number;
  revokedSessions: unknown[];
  riskLevels: unknown[];
  failSafe?: boolean;
}

const page = (cursor: number, revoked: string[] = [], failSafe = false): Page => ({
  cursor,
  revokedSessions: revoked.map((id) => ({ id, revokedAt: wall + 3_600_000 })),
  riskLevels: [],
  failSafe,
});

/** A guard whose scorer answers pages, by the cursor that was asked for, and questions. */
function guarded(pages: (since: number) => Page | undefined | Promise<Page>, over: Partial<ScorerOptions> = {}, answer: object = {}) {
  const read: number[] = [];
  const problems: string[] = [];
  const fetch = async ({ url }: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(url);
    if (pathname === "/v1/assess") return Response.json(answer);
    if (pathname !== "/v1/state") return new Response(null, { status: 404 });
    const since = Number(searchParams.get("since"));
    read.push(since);
    const told = await pages(since);
    if (told === undefined) throw new TypeError("away");
    return Response.json(told);
  };
  const guard = new Guard<undefined>({
    bundle: { text: bundle() },
    allowUnsigned: true,
    onProblem: ({ code, message }) => problems.push(`${code}: ${message}`),
    scorer: { url: "http://scorer.example", token: "t", fetch, stateIntervalMs: 0, bundleIntervalMs: 2 ** 30, ...over },
  });
  return { guard, read, problems };
}

function request(over: Facts = {}): HostRequest<undefined> {
  const http = { method: "GET", path: "/", headers: [["user-agent", CHROME]] } as const;
  const facts = { ...CALM, http, ...over };
  return { native: undefined, method: "GET", url: "https://app.example/", header: () => undefined, trustsPeer: false, facts };
}

/** Whether a session still is one. */
async function isKnown(guard: Guard<undefined>, session: string): Promise<boolean> {
  const { originHeaders, after } = await guard.judge(request({ session: { ...CALM.session, id: session } }));
  void after?.();
  return originHeaders["edgeward-principal"] !== undefined;
}

test("a request waits for a second of state at most, and the rest follows it; one reads for all", async () => {
  const pages = async (since: number): Promise<Page> => {
    await new Promise((resolve) => setTimeout(resolve, 80));
    clock += 80;
    return page(Math.min(since + 1, 20), since === 19 ? ["s-last"] : []);
  };
  const { guard, read, problems } = guarded(pages, { stateIntervalMs: 100 });
  const { after } = await guard.judge(request());
  assert.ok(read.length < 20, `${read.length} pages`);
  assert.equal(guard.metrics.stateAgeMs, undefined, "half of it is no word of the scorer's");
  const afterwards = after?.();
  for (let more = 0; more < 3; more += 1) {
    clock += 200;
    void (await guard.judge(request())).after?.();
  }
  await eventually(() => read.includes(20), "all of it is read");
  assert.deepEqual(read.slice(0, 21), Array.from({ length: 21 }, (_, since) => since), "each page once");
  assert.equal(await isKnown(guard, "s-last"), false);
  assert.deepEqual(problems.filter((problem) => problem.includes("/v1/state")), []);
  await afterwards;
});

test("replicas that do not agree are read from the start once, and it is said", async () => {
  let asked = 0;
  const { guard, read, problems } = guarded(() => page((asked += 1) % 2 === 1 ? 100 : 90));
  await guard.judge(request());
  assert.ok(read.length <= 5, `${read.length} pages`);
  assert.match(problems.join(), /scorer_garbage: .*backwards/);
});

test("a scorer that was restored from an older copy is read from the start at once", async () => {
  let end = 100;
  const { guard, read } = guarded((since) => page(end, since === 0 && end === 3 ? ["s1"] : []));
  await guard.judge(request());
  end = 3;
  clock += 60_000;
  await guard.judge(request());
  assert.deepEqual(read, [0, 100, 100, 0, 3]);
  assert.equal(await isKnown(guard, "s1"), false);
});

for (const [host, setBack] of [
  ["beside one that nobody sets", () => void (wall -= 3_600_000)],
  ["that is the only one", () => void (clock -= 3_600_000)],
] as const) {
  test(`a clock that is set back stops no revocation: ${host}`, async () => {
    let revoked: string[] = [];
    const { guard } = guarded(() => page(revoked.length, revoked));
    assert.equal(await isKnown(guard, "s1"), true);
    setBack();
    revoked = ["s1"];
    clock += 10_000;
    let tries = 0;
    while ((await isKnown(guard, "s1")) && tries < 20) {
      tries += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(tries < 20);
  });
}

test("what the audit says counts though the next page fails", async () => {
  const { guard, problems } = guarded((since) => (since === 0 ? page(1, [], true) : undefined));
  await guard.judge(request());
  assert.match(problems.join(), /fail_safe/);
});

test("a page of a thousand ids as long as the scorer takes them is read", async () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `s${index}${'"'.repeat(256)}`.slice(0, 256));
  const { guard, problems } = guarded((since) => page(1, since === 0 ? ids : []));
  await guard.judge(request());
  assert.equal(await isKnown(guard, ids[999] ?? ""), false);
  assert.deepEqual(problems, []);
});

test("a profile counts for an hour at most, from when it was told", async () => {
  const told = { facts: { userRisk: "none" }, profile: { count: 9, asns: [64_500], countries: ["NO"] } };
  const lifetimes: [ttlSeconds: number, minutes: number[], known: boolean[]][] = [
    // The second asks as well, because it has a profile; the third reuses what the second was told.
    [86_400, [0, 1, 50, 62], [false, true, true, false]],
    [3_600, [0, 1, 50, 62], [false, true, true, false]],
    [0, [0, 1], [false, false]],
  ];
  for (const [ttlSeconds, minutes, known] of lifetimes) {
    const { guard } = guarded(() => page(0), {}, { ...told, ttlSeconds });
    const seen: boolean[] = [];
    const { evaluate } = guard.engine;
    guard.engine.evaluate = function (facts) {
      seen.push((facts.profile ?? undefined) !== undefined);
      return evaluate.call(this, facts);
    };
    const start = clock;
    for (const minute of minutes) {
      clock = start + minute * 60_000;
      await guard.judge(request({ risk: { signIn: "none" } }));
    }
    assert.deepEqual(seen, known, `${ttlSeconds} s`);
  }
});

test("a user's level counts for an agent's user, too", async () => {
  const { guard } = guarded((since) => ({ ...page(since), riskLevels: [{ kind: "user", id: "u1", level: "high" }] }));
  for (const kind of ["user", "agentUser"] as const) {
    const { record } = await guard.judge(request({ risk: { signIn: "none" }, principal: { ...CALM.principal, kind } }));
    assert.equal(record?.decision.outcome, "block", kind);
  }
});
