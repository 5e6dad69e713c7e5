// The counters of the Workers adapter: by themselves, with a namespace that can be broken, and in workerd.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Engine } from "edgeward";
import { protect, VelocityCounter } from "edgeward/workers";
import type { CounterStorage, WorkerOptions } from "edgeward/workers";
import { VelocityClient } from "../dist/adapters/workers/velocity.js";
import type { VelocityNamespace } from "../dist/adapters/workers/velocity.js";
import type { Request as Facts, VelocityFacts } from "../dist/types.js";
import { startWorker } from "../scripts/workerd.mjs";
import { bundle, CALM, exchange } from "./support/fixture.js";
import { echo } from "./support/servers.js";

const running: { stop(): Promise<void> }[] = [];
after(() => Promise.all(running.map((one) => one.stop())));

const KEY = "ab".repeat(32);
const HOUR = 3_600_000;
const START = 1_790_000_000_000;
const FAILED = { succeeded: false };
type Reply = Awaited<ReturnType<ReturnType<VelocityNamespace["get"]>["fetch"]>>;

class FakeStorage implements CounterStorage {
  readonly kept = new Map<string, unknown>();
  alarmAt: number | null = null;

  get = <T>(key: string): Promise<T | undefined> => Promise.resolve(structuredClone(this.kept.get(key)) as T | undefined);
  put = (key: string, value: unknown): Promise<void> => Promise.resolve(void this.kept.set(key, structuredClone(value)));
  delete = (key: string): Promise<boolean> => Promise.resolve(this.kept.delete(key));
  getAlarm = (): Promise<number | null> => Promise.resolve(this.alarmAt);
  setAlarm = (time: number): Promise<void> => Promise.resolve(void (this.alarmAt = time));
}

/** Objects that are put out of memory after every request, and hear one request at a time, as the platform's gates see to. */
class FakeNamespace implements VelocityNamespace {
  readonly objects = new Map<string, FakeStorage>();
  requests = 0;
  /** What the objects do instead of their work. */
  instead: ((name: string) => Promise<Reply>) | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  idFromName = (name: string): unknown => name;

  get(id: unknown): { fetch(url: string, init: { method: string }): Promise<Reply> } {
    const name = id as string;
    return {
      fetch: (url, init) => {
        this.requests += 1;
        if (this.instead !== undefined) return this.instead(name);
        const storage = this.objects.get(name) ?? new FakeStorage();
        this.objects.set(name, storage);
        const answer = this.#turn.then(() => new VelocityCounter({ storage }).fetch(new Request(url, init)));
        this.#turn = answer;
        return answer;
      },
    };
  }

  /** Rings every alarm that is due. */
  async ring(): Promise<void> {
    for (const storage of this.objects.values()) {
      if (storage.alarmAt === null || storage.alarmAt > Date.now()) continue;
      storage.alarmAt = null;
      await new VelocityCounter({ storage }).alarm();
    }
  }
}

function client(namespace: VelocityNamespace, identifierKey: string | undefined = KEY): { counters: VelocityClient; problems: string[] } {
  const problems: string[] = [];
  return { counters: new VelocityClient(namespace, new Engine({ identifierKey }), (code) => problems.push(code)), problems };
}

function from(id: string | undefined, ip: string | undefined, velocity?: VelocityFacts | null): Facts {
  return { principal: { id }, client: { ip }, velocity };
}

/** Time passes only when it is told to: not even an object on a busy machine is too slow by itself. */
function clock(suite: TestContext): (ms: number) => void {
  suite.mock.timers.enable({ apis: ["Date", "setTimeout"], now: START });
  return (ms) => suite.mock.timers.tick(ms);
}

test("failures of a principal and principals of an address are counted for an hour, and then forgotten", async (suite) => {
  const pass = clock(suite);
  const namespace = new FakeNamespace();
  const { counters, problems } = client(namespace);
  const read = (id: string, ip = "203.0.113.7"): Promise<VelocityFacts> | undefined => counters.read(from(id, ip));
  assert.deepEqual(await read("u1"), { userFailures1h: 0, ipUsers1h: 1 }, "who asks is one of those at the address");
  await counters.record(from("u1", "203.0.113.7"), FAILED);
  pass(HOUR / 2);
  await counters.record(from(undefined, "203.0.113.7"), { ...FAILED, principal: "u1" });
  await counters.record(from("u2", "203.0.113.7"), { succeeded: true });
  assert.deepEqual(await read("u1"), { userFailures1h: 2, ipUsers1h: 2 });
  assert.deepEqual(await read("u2"), { userFailures1h: 0, ipUsers1h: 2 }, "a success is no failure");
  assert.deepEqual(await read("u3"), { userFailures1h: 0, ipUsers1h: 3 }, "asking remembers nobody");
  assert.deepEqual(await read("u1", "203.0.113.8"), { userFailures1h: 2, ipUsers1h: 1 }, "another address");
  assert.deepEqual(await counters.read(from(undefined, "203.0.113.7")), { userFailures1h: undefined, ipUsers1h: 2 });
  pass(HOUR / 2 - 1);
  assert.deepEqual(await read("u1"), { userFailures1h: 2, ipUsers1h: 2 });
  pass(1);
  await namespace.ring();
  assert.deepEqual(await read("u1"), { userFailures1h: 1, ipUsers1h: 2 }, "the first failure is an hour old");
  pass(HOUR / 2);
  await namespace.ring();
  assert.ok([...namespace.objects.values()].every(({ kept }) => kept.size === 0), "nothing is stored for ever");
  assert.deepEqual(await read("u1"), { userFailures1h: 0, ipUsers1h: 1 });
  assert.deepEqual(problems, []);
});

test("many are counted up to 256, and as many are stored, the newest", async (suite) => {
  const pass = clock(suite);
  const namespace = new FakeNamespace();
  const { counters } = client(namespace);
  for (let index = 0; index < 300; index += 1) {
    await counters.record(from(`u${index}`, "203.0.113.7"), { succeeded: true });
    await counters.record(from("victim", undefined), FAILED);
    pass(1_000);
  }
  assert.deepEqual(await counters.read(from("victim", "203.0.113.7")), { userFailures1h: 256, ipUsers1h: 256 });
  for (const { kept } of namespace.objects.values()) assert.ok(JSON.stringify(kept.get("seen")).length < 16_384);
  pass(HOUR - 300_000 + 43_999);
  assert.equal((await counters.read(from(undefined, "203.0.113.7")))?.ipUsers1h, 256, "only those dropped would have left by now");
  pass(128_000);
  assert.equal((await counters.read(from(undefined, "203.0.113.7")))?.ipUsers1h, 128);
});

test("an IPv6 subscriber is one address, and one address however it is written", async (suite) => {
  clock(suite);
  const { counters } = client(new FakeNamespace());
  await counters.record(from("u1", "2001:db8:1:2::3"), { succeeded: true });
  await counters.record(from("u1", "::ffff:203.0.113.7"), { succeeded: true });
  const users = async (ip: string): Promise<unknown> => (await counters.read(from("u2", ip)))?.ipUsers1h;
  assert.equal(await users("2001:db8:1:2:ffff::1"), 2);
  assert.equal(await users("2001:db8:1:3::3"), 1);
  assert.equal(await users("203.0.113.7"), 2);
});

test("nobody is asked about what is not known, or what the host states itself", async (suite) => {
  clock(suite);
  const namespace = new FakeNamespace();
  const { counters } = client(namespace);
  assert.equal(counters.read(from(undefined, undefined)), undefined);
  assert.equal(counters.read(from("", "no address")), undefined);
  assert.equal(counters.read(from("u1", "203.0.113.7", null)), undefined);
  assert.equal(counters.read(from("u1", "203.0.113.7", { userFailures1h: 3, ipUsers1h: null })), undefined);
  await counters.record(from(undefined, "203.0.113.7"), FAILED);
  assert.equal(namespace.requests, 0);
  await counters.read(from("u1", "203.0.113.7", { userFailures1h: 3 }));
  assert.equal(namespace.requests, 1);
  await counters.read(from("u1", "203.0.113.7"));
  assert.equal(namespace.requests, 3, "one of each, at once");
});

test("an object that is slow, fails or answers rubbish leaves its fact unknown, is reported, and takes no other down", async (suite) => {
  const pass = clock(suite);
  const namespace = new FakeNamespace();
  const { counters, problems } = client(namespace);
  const broken: (() => Promise<Reply>)[] = [
    () => Promise.reject(new Error("overloaded")),
    () => Promise.resolve(new Response("0", { status: 503 })),
    ...["", "-1", "1.5", "<html>", "NaN", "99999999999"].map((text) => () => Promise.resolve(new Response(text))),
  ];
  for (const instead of broken) {
    namespace.instead = (name) => (name.startsWith("user-") ? instead() : Promise.resolve(new Response("7")));
    assert.deepEqual(await counters.read(from("u1", "203.0.113.7")), { userFailures1h: undefined, ipUsers1h: 7 });
    assert.deepEqual(problems.splice(0), ["velocity_failed"]);
  }
  namespace.instead = () => new Promise(() => undefined);
  const reading = counters.read(from("u1", undefined));
  pass(50);
  assert.deepEqual(await reading, { userFailures1h: undefined, ipUsers1h: undefined });
  assert.deepEqual(problems.splice(0), ["velocity_timeout"]);
  namespace.instead = () => Promise.reject(new Error("overloaded"));
  await counters.record(from("u1", "203.0.113.7"), FAILED);
  assert.deepEqual(problems, ["velocity_failed"]);
});

test("whatever is typed as a name makes a counter of its own, and no object is named after it", async (suite) => {
  clock(suite);
  const hostile = ["u1", "u1 ", "../u1", "u1?key=x&key=y", "user-u1", "address 203.0.113.7", "\u0000", "\ud800", "käse", "x".repeat(100_000)];
  for (const identifierKey of [KEY, undefined]) {
    const namespace = new FakeNamespace();
    const { counters, problems } = client(namespace, identifierKey);
    for (const name of hostile) {
      await counters.record(from(undefined, "203.0.113.7"), { ...FAILED, principal: name });
      assert.equal((await counters.read(from(name, undefined)))?.userFailures1h, 1, name.slice(0, 20));
    }
    assert.equal((await counters.read(from(undefined, "203.0.113.7")))?.ipUsers1h, hostile.length);
    for (const [name, { kept }] of namespace.objects) {
      assert.match(name, /^(user|address)-[0-9a-f]{32}$/);
      assert.doesNotMatch(JSON.stringify([...kept]), /u1|203\.0/);
    }
    assert.deepEqual(problems, []);
  }
});

test("a request is decided without its counters while they are away, and a sign-in is counted after its answer", async (suite) => {
  const pass = clock(suite);
  const namespace = new FakeNamespace();
  const problems: string[] = [];
  const waiting: Promise<unknown>[] = [];
  const bins: (string | undefined)[] = [];
  const options: WorkerOptions = {
    bundle: { text: bundle() },
    allowUnsigned: true,
    velocity: namespace,
    facts: () => CALM,
    onProblem: ({ code }) => problems.push(code),
    onDecision: ({ decision }) => bins.push(decision.risk.contributions.find(({ signal }) => signal === "userFailures")?.bin),
  };
  const { fetch } = protect(() => new Response("in", { headers: { "edgeward-sign-in": "failure" } }), options);
  const ask = async (): Promise<number> => {
    const { status } = await fetch(new Request("https://app.example/"), {}, { waitUntil: (work) => void waiting.push(work) });
    await Promise.all(waiting);
    return status;
  };
  for (let index = 0; index < 2; index += 1) assert.equal(await ask(), 200);
  namespace.instead = () => new Promise(() => undefined);
  const { fetch: silent } = protect(() => new Response("in"), options);
  const asked = silent(new Request("https://app.example/"), {}, { waitUntil: () => undefined });
  pass(50);
  assert.equal((await asked).status, 200);
  assert.deepEqual(bins, [undefined, "one", undefined], "what weighs nothing is no contribution");
  assert.deepEqual(problems, ["velocity_timeout"]);
});

test("what is no namespace stops the start", () => {
  const velocity = {} as VelocityNamespace;
  assert.throws(() => protect(() => new Response(), { velocity }), { code: "invalid_option", path: "velocity" });
});

test("workerd: failed sign-ins that the origin reports are known to the next request", async () => {
  const origin = await echo();
  const worker = await startWorker({
    entry: fileURLToPath(new URL("support/worker.js", import.meta.url)),
    bindings: { OPTIONS: JSON.stringify({ origin: origin.url, bundle: { text: bundle() }, allowUnsigned: true, identifierKey: KEY }) },
    durableObjects: { VELOCITY: "VelocityCounter" },
  });
  running.push(origin, worker);
  const failures = async (path: string, id: string): Promise<string | undefined> => {
    const facts = { ...CALM, principal: { ...CALM.principal, id } };
    const { status, debug } = await exchange(worker.url + path, { "x-facts": JSON.stringify(facts) });
    assert.equal(status, 200);
    const { risk } = debug as unknown as { risk: { contributions: { signal: string; bin: string }[] } };
    return risk.contributions.find(({ signal }) => signal === "userFailures")?.bin;
  };
  // The origin says that somebody tried to sign in as "u 7", whoever asks.
  const becomes = async (expected: string | undefined): Promise<void> => {
    let bin = await failures("/", "u 7");
    for (let tries = 0; tries < 600 && bin !== expected; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      bin = await failures("/", "u 7");
    }
    assert.equal(bin, expected);
  };
  await becomes(undefined);
  await failures("/sign-in", "u1");
  await becomes("one");
  await failures("/sign-in", "u1");
  await becomes("two");
  assert.equal(await failures("/", "u1"), undefined);
});
