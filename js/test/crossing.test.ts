// The fast crossing: equal to the JSON one for any request, and nothing of one request in another's answer.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Answer, Engine, type Request } from "edgeward";
import { compile } from "edgeward/compiler";
import { glue } from "#engine";
import { bundle as smallBundle, ROOT } from "./support/fixture.js";

const { Question } = glue;
const [source = "", cases = ""] = ["bundle.json", "cases.jsonl"].map((file) =>
  readFileSync(`${ROOT}tests/corpus/decisions/${file}`, "utf8"),
);
const { bundle } = compile(source);
const recorded = cases
  .trimEnd()
  .split("\n")
  .map((line) => (JSON.parse(line) as { request: Request }).request);

function loaded(): Engine {
  const engine = new Engine({ allowUnsigned: true });
  engine.load(bundle);
  return engine;
}

/** Numbers below `limit`, the same on every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** A request whose groups come from different recorded ones, some members taken out, made unknown or made odd. */
function mixed(next: (limit: number) => number): Request {
  const request: Record<string, unknown> = {};
  for (const donor of [recorded[next(recorded.length)], recorded[next(recorded.length)]]) {
    for (const [group, facts] of Object.entries(donor ?? {})) if (next(4) > 0) request[group] = vary(facts, next);
  }
  return request as Request;
}

function vary(facts: unknown, next: (limit: number) => number): unknown {
  if (typeof facts !== "object" || facts === null || Array.isArray(facts)) return next(8) === 0 ? null : facts;
  const varied: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facts)) {
    const choice = next(60);
    if (choice === 0) continue;
    varied[name] = choice === 1 ? null : choice === 2 ? "ö-🤖" : choice === 3 ? 7 : choice === 4 ? ["x"] : choice === 5 ? true : value;
  }
  return varied;
}

/** The decision, or the code of its refusal. */
function outcome(decide: () => unknown): string {
  try {
    return JSON.stringify(decide());
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("any mixture of facts, malformed ones among them, is answered alike both ways", () => {
  const engine = loaded();
  const next = numbers(1);
  const seen = { decided: 0, refused: 0 };
  for (let round = 0; round < 3_000; round += 1) {
    const request = mixed(next);
    const packed = outcome(() => engine.evaluate(request));
    assert.equal(packed, outcome(() => engine.evaluateAsJson(request)), JSON.stringify(request));
    seen[packed.startsWith("{") ? "decided" : "refused"] += 1;
  }
  assert.ok(seen.decided > 300 && seen.refused > 300, JSON.stringify(seen));
  assert.equal(engine.traps, 0);
});

/** What a scorer may answer: nothing, little, much, and what is none. */
const answers: (Answer | undefined)[] = [
  undefined,
  { facts: {}, ttlSeconds: 0 },
  {
    facts: { signInRisk: "low", userRisk: "high", "principal.groups": ["staff", "ö-🤖"], "device.isCompliant": true },
    profile: { count: 3, networks: ["192.0.2.0/24"], last: { time: 1_780_000_000_000, latitudeE6: 1, longitudeE6: 2 } },
    ttlSeconds: 60,
  },
  { facts: { "principal.groups": "staff" }, ttlSeconds: 60 },
];

test("any request is asked about, settled and recorded alike both ways, whatever the scorer answers", () => {
  const engine = loaded();
  const module = new glue.Engine('{"allowUnsigned":true}');
  module.load(bundle, undefined);
  const next = numbers(7);
  const code = (text: string): string => (JSON.parse(text) as { error?: { code: string } }).error?.code ?? text;
  const circumstances = { asked: [], outage: false, previous: "0".repeat(64), signInSucceeded: null };
  let settled = 0;
  for (const request of [...recorded, ...Array.from({ length: 500 }, () => mixed(next))]) {
    const facts = JSON.stringify(request);
    assert.equal(outcome(() => engine.assessment(request)), code(module.ask(Question.Assessment, facts)), facts);
    for (const answer of answers) {
      const said = answer && JSON.stringify(answer);
      const decision = outcome(() => engine.resume(request, answer));
      assert.equal(decision, code(module.ask(Question.Resume, facts, said)), facts);
      settled += decision.startsWith("{") ? 1 : 0;
      for (const outage of [false, true]) {
        const given = { ...circumstances, outage };
        const receipt = outcome(() => JSON.parse(engine.receipt(request, answer, given).text));
        assert.equal(receipt, code(module.ask(Question.Receipt, facts, said, JSON.stringify(given))), facts);
      }
    }
  }
  assert.ok(settled > 500, String(settled));
});

test("a receipt's digest is its last member", () => {
  const engine = loaded();
  for (const request of recorded) {
    const receipt = engine.receipt(request, undefined, { outage: true });
    assert.equal(receipt.digest, (JSON.parse(receipt.text) as { digest: string }).digest);
  }
});

test("a sealed profile opens and is renewed alike both ways, and only if it is due", () => {
  const options = { identifierKey: "ab".repeat(32), profileKeys: [{ id: 1, key: "11".repeat(32) }] };
  const engine = new Engine(options);
  const module = new glue.Engine(JSON.stringify({ ...options, publicKeys: [], allowUnsigned: false }));
  const nonce = (round: number) => round.toString(16).padStart(48, "0");
  const next = numbers(5);
  const HOUR = 3_600_000;
  let time = 1_790_000_000_000;
  let sealed: string | undefined;
  const seen = { renewed: 0, kept: 0 };
  for (let round = 1; round <= 400; round += 1) {
    time += [60_000, HOUR, 24 * HOUR][next(3)] as number;
    const request: Request = {
      ...(recorded[next(recorded.length)] as Request),
      time,
      principal: { kind: "user", id: "user-1" },
      session: { id: "s", establishedAt: time - [60_000, HOUR][next(2)]! },
      // Crosses as JSON.
      ...(round % 5 === 0 ? { device: { manufacturer: "Example" } } : {}),
    };
    const facts = JSON.stringify(request);
    const opened = engine.openProfile(request, sealed);
    assert.equal(JSON.stringify(opened), module.ask(Question.OpenProfile, facts, sealed));
    const renewed = engine.renewProfile(request, sealed, nonce(round));
    assert.equal(JSON.stringify({ sealed: renewed ?? null }), module.ask(Question.RenewProfile, facts, sealed, nonce(round)));
    assert.equal(renewed !== undefined, opened.isDue);
    seen[renewed === undefined ? "kept" : "renewed"] += 1;
    sealed = renewed ?? sealed;
  }
  assert.ok(seen.renewed > 50 && seen.kept > 50, JSON.stringify(seen));
  assert.throws(() => engine.renewProfile({}, undefined, "short"), { code: "invalid_option" });
  assert.throws(() => engine.openProfile({ client: { ip: "no address" } } as Request, undefined), { code: "invalid_json" });
});

const unloaded = new glue.Engine("{}");

/** The client as it crosses in JSON, or the code of the refusal. */
function classified(request: unknown): string {
  const answer = unloaded.ask(Question.Classify, JSON.stringify(typeof request === "string" ? { ua: request } : request));
  const { error } = JSON.parse(answer) as { error?: { code: string } };
  return error?.code ?? answer;
}

test("any client is told alike both ways, with a bundle and without", () => {
  const headers = (...values: [string, string][]) => ({ http: { scheme: "https", headers: values } });
  const agents = recorded.map((request) => request.http?.headers?.find(([name]) => name.toLowerCase() === "user-agent")?.[1] ?? "");
  const odd: unknown[] = [
    {},
    null,
    [],
    7,
    "curl/8.0",
    "",
    " ",
    "made-up-name/1.0",
    "Ünïcode-Bot/1.0 🤖",
    "\uD800",
    "\uFEFFname\0/1.0",
    "a".repeat(40_000),
    "ü".repeat(20_000),
    { http: { headers: [] } },
    { http: { headers: null } },
    { http: [] },
    { http: { headers: [["user-agent"]] } },
    { http: { headers: [["user-agent", null]] } },
    { ua: "curl/8.0" },
    { ua: null },
    { ua: 7 },
    { headers: { "user-agent": "GPTBot/1.0" } },
    { ua: "curl/8.0", ...headers(["user-agent", "GPTBot/1.0"]) },
    headers(["user-agent", ""]),
    headers(["User-Agent", "made-up-name/1.0"], ["user-agent", "GPTBot/1.0"]),
    headers(["USER-AGENT", "Ünïcode-Bot/1.0 🤖"]),
    headers(["user-agent", "made-up-name/1.0"], ["referer", "ünused"], ["x-unread", "🤖"]),
    headers(["user-agent", "\uD800"]),
    headers(["user-agent", "\uFEFFname\0/1.0"]),
    headers(["user-agent", "a".repeat(40_000)]),
    headers(...Array.from({ length: 3_000 }, (): [string, string] => ["accept", "*/*"])),
    headers(["user-agent", "curl/8.0"], ["signature-input", 'sig=("@authority");created=1'], ["signature", "sig=:AA==:"]),
    { ...headers(["user-agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/60.0.0.0 Safari/537.36"]), time: 1_780_000_000_000 },
    headers(["user-agent", "\uD83E"], ["accept", "\uDD16"]),
    headers(["user-agent", "🤖"], ["accept", "ä"], ["accept-language", "€"]),
    { ...headers(["user-agent", "curl/8.0"]), time: 0.5 },
    { ...headers(["user-agent", "curl/8.0"]), time: Number.POSITIVE_INFINITY },
    { ...headers(["user-agent", "curl/8.0"]), device: { manufacturer: "Example" } },
  ];
  const next = numbers(3);
  const cut = (agent: string) => headers(["user-agent", agent.slice(next(agent.length), agent.length - next(9))]);
  const mixtures = Array.from({ length: 2_000 }, () => mixed(next));
  for (const engine of [new Engine(), loaded()]) {
    for (const request of [...recorded, ...odd, ...agents, ...agents.map(cut), ...mixtures]) {
      assert.equal(outcome(() => engine.classify(request as Request | string)), classified(request), JSON.stringify(request));
    }
    assert.equal(engine.traps, 0);
  }
});

test("a client's own name does not outlive its request, nor do views the memory they showed", () => {
  const engine = loaded();
  const named = (name: string): Request => ({ http: { headers: [["user-agent", `${name}/1.0`]] } });
  const first = engine.classify(named("Shortname"));
  const longer = engine.classify(named("Anothernamethatislonger"));
  (glue.moduleMemory() as WebAssembly.Memory).grow(1);
  const grown = [engine.classify(named("Aftergrowth")), engine.evaluate(named("Aftergrowth")).agent];
  assert.deepEqual([first.name, longer.name], ["Shortname", "Anothernamethatislonger"]);
  assert.deepEqual(grown.map(({ name }) => name), ["Aftergrowth", "Aftergrowth"]);
});

test("a decision read late says what it said at once, whatever was decided, loaded or rebuilt in between", () => {
  const engine = new Engine({ allowUnsigned: true });
  engine.load(smallBundle("1"));
  const request = { ...recorded[0], http: { path: "/admin", headers: [["user-agent", "made-up-name/1.0"]] } } as Request;
  const [late, atOnce] = [engine.evaluate(request), JSON.stringify(engine.evaluate(request))];
  for (const other of recorded) engine.evaluate(other);
  engine.load(bundle.replace(/"version": ?"[^"]+"/, '"version":"9999999"'));
  for (const other of recorded) engine.evaluate(other);
  assert.equal(JSON.stringify(late), atOnce);
});

test("no request sees another's data", () => {
  const fresh = recorded.map((request) => JSON.stringify(loaded().evaluate(request)));
  const engine = loaded();
  // Longer than any other in every member, so that whatever is left of it would show.
  const poison = "poison".repeat(200);
  const next = numbers(2);
  for (let round = 0; round < 500; round += 1) {
    engine.evaluate({
      time: 9e14,
      http: { method: poison, host: poison, path: poison, headers: [["user-agent", poison]] },
      client: { ip: "203.0.113.66", country: "XX", city: poison },
      principal: { id: poison, groups: Array.from({ length: 100 }, () => poison) },
      session: { id: poison, amr: [poison] },
      profile: { count: 9, countries: [poison], cities: [poison], networks: [poison], counts: { countries: [9, 9] } },
    });
    const index = next(recorded.length);
    assert.equal(JSON.stringify(engine.evaluate(recorded[index] as Request)), fresh[index]);
  }
});

test("memory stays flat", () => {
  const engine = loaded();
  const memory = glue.moduleMemory() as WebAssembly.Memory;
  const decide = (count: number): void => {
    for (let index = 0; index < count; index += 1) engine.evaluate(recorded[index % recorded.length] as Request);
  };
  decide(1_000);
  const before = memory.buffer.byteLength;
  decide(20_000);
  assert.equal(memory.buffer.byteLength, before);
});
