// Sealed profiles and the audit, over HTTP: in node:http, and in workerd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compile } from "edgeward/compiler";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Engine, factsFromHeader } from "edgeward";
import { protect } from "edgeward/node";
import type { NodeOptions } from "edgeward/node";
import { startWorker } from "../scripts/workerd.mjs";
import { CALM, exchange, source } from "./support/fixture.js";
import type { Reply } from "./support/fixture.js";
import { echo, eventually, FaultyScorer, serve } from "./support/servers.js";

const IDENTIFIER_KEY = "ab".repeat(32);
const KEYS = [{ id: 1, key: "11".repeat(32) }];
const running: { stop(): Promise<void> }[] = [];
let scorer: FaultyScorer;
let worker: string;
let node: string;

/** Risky sign-ins are blocked; with this history the edge knows that there is none. */
const RISK_BUNDLE = compile(JSON.stringify({
  ...source(),
  policies: [
    {
      id: "block-risky-sign-ins",
      displayName: "block-risky-sign-ins",
      state: "enabled",
      conditions: {
        users: { includeUsers: ["All"] },
        applications: { includeApplications: ["All"] },
        clientAppTypes: ["all"],
        signInRiskLevels: ["medium", "high"],
      },
      grantControls: { operator: "OR", builtInControls: ["block"] },
    },
  ],
})).bundle;

function options(): Record<string, unknown> {
  return {
    bundle: { text: RISK_BUNDLE },
    allowUnsigned: true,
    identifierKey: IDENTIFIER_KEY,
    profiles: { keys: KEYS },
    scorer: { url: scorer.url, token: "token", timeoutMs: 500, stateIntervalMs: 0, auditShare: 1 },
  };
}

before(async () => {
  scorer = await new FaultyScorer().start();
  const origin = await echo();
  const entry = fileURLToPath(new URL("support/worker.js", import.meta.url));
  const started = await startWorker({ entry, bindings: { OPTIONS: JSON.stringify({ ...options(), origin: origin.url }) } });
  const server = await serve(
    protect(
      (_, response) => {
        response.setHeader("set-cookie", "own=1");
        response.end("in");
      },
      { ...options(), trustedProxies: 1, facts: factsFromHeader("x-facts"), debug: true, onProblem: () => undefined } as NodeOptions,
    ),
  );
  running.push(scorer, origin, started, server);
  worker = started.url;
  node = server.url;
});

after(() => Promise.all(running.map((one) => one.stop())));

const { signIn: _, ...RISK } = CALM.risk;

/** Facts of a session that is so many milliseconds old. */
function facts(principal: string, ageMs: number, profile?: unknown): unknown {
  const session = { ...CALM.session, id: `s-${principal}`, establishedAt: Date.now() - ageMs };
  return { ...CALM, risk: RISK, principal: { ...CALM.principal, id: principal }, session, profile };
}

const HOME = { count: 9, asns: [64_500], countries: ["NO"] };

function ask(url: string, about: unknown, cookie?: string): Promise<Reply> {
  const headers: Record<string, string> = { "x-facts": JSON.stringify(about), "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7" };
  return exchange(url, cookie === undefined ? headers : { ...headers, cookie });
}

/** The profile's cookie among those of an answer: its first part, and its attributes. */
function given(reply: Reply): { pair: string; attributes: string } | undefined {
  const found = [reply.headers["set-cookie"] ?? []].flat().find((one) => one.includes("edgeward-profile="));
  const [pair = "", ...attributes] = found?.split("; ") ?? [];
  return found === undefined ? undefined : { pair, attributes: attributes.join("; ") };
}

function detections(reply: Reply): unknown {
  return (reply.debug as unknown as { detections: { type: string; level: string }[] }).detections.map(({ type, level }) => `${type}:${level}`);
}

for (const [host, url] of [
  ["node:http", () => node],
  ["workerd", () => worker],
] as const) {
  test(`${host}: a fresh session begins a profile, which its device carries and nobody else can use`, async () => {
    const who = `first-${host}`;
    assert.equal(given(await ask(url(), facts(who, 3_600_000, HOME))), undefined, "an old session may be a copied one");
    const first = given(await ask(url(), facts(who, 1_000, HOME)));
    assert.ok(first);
    const secure = host === "node:http";
    assert.match(first.pair, secure ? /^__Host-edgeward-profile=[\w-]{100,342}$/ : /^edgeward-profile=[\w-]{100,342}$/);
    assert.equal(first.attributes, `Max-Age=15552000; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`);
    const carried = await ask(url(), facts(who, 60_000), first.pair);
    assert.deepEqual([carried.status, carried.debug?.asked, given(carried)], [200, [], undefined], "known, and not asked about");
    scorer.facts = { signInRisk: "none" };
    assert.deepEqual((await ask(url(), facts(who, 60_000))).debug?.asked, ["signInRisk"], "without it somebody has to be asked");
    assert.deepEqual((await ask(url(), facts(`${who}2`, 60_000), first.pair)).debug?.asked, ["signInRisk"], "another principal");
    for (const broken of [first.pair.slice(0, -3), `${first.pair}A`, first.pair.replace(/=.*/, "=%%"), first.pair.replace(/=../, "=_w")]) {
      assert.deepEqual((await ask(url(), facts(who, 60_000), broken)).debug?.asked, ["signInRisk"], broken);
    }
    await eventually(() => scorer.receipts.some((receipt) => receipt["audited"] === true && receipt["cookie"] !== undefined), "receipts tell");
  });

  test(`${host}: two copies of a cookie are seen, raise the alarm, and are taken away`, async () => {
    const who = `copied-${host}`;
    const first = given(await ask(url(), facts(who, 0, HOME)))?.pair;
    // Other sessions, each a little later: the clocks of identity provider and edge differ.
    const next = async (ageMs: number, cookie: string | undefined) => given(await ask(url(), facts(who, ageMs), cookie))?.pair;
    const parallel = [await next(-120_000, first), await next(-120_000, first)];
    assert.notEqual(parallel[0], parallel[1]);
    for (const one of [...parallel, parallel[0]]) {
      assert.deepEqual(detections(await ask(url(), facts(who, 0), one)), [], "a page that asks for several things at once has each of their cookies");
    }
    const [owner, thief] = [await next(-240_000, parallel[0]), await next(-240_000, parallel[1])];
    assert.ok(owner && thief && owner !== thief);
    assert.deepEqual(detections(await ask(url(), facts(who, 0), owner)), []);
    const caught = await ask(url(), facts(who, 0), thief);
    assert.deepEqual([caught.status, detections(caught)], [403, ["anomalousToken:high"]]);
    assert.match(given(caught)?.attributes ?? "", /^Max-Age=0; /);
    assert.equal((await ask(url(), facts(who, 0), owner)).status, 403, "nobody can tell which of them is the owner");
    assert.ok(given(await ask(url(), facts(who, 0, HOME)))?.pair.length, "who signs in again begins anew");
  });

  test(`${host}: what another edge saw of a cookie counts here`, async () => {
    const who = `elsewhere-${host}`;
    const pair = given(await ask(url(), facts(who, 0, HOME)))?.pair;
    assert.equal((await ask(url(), facts(who, 0), pair)).status, 200);
    const principal = new Engine({ identifierKey: IDENTIFIER_KEY }).identifier("principal", who);
    const mine = (receipt: Record<string, unknown>): boolean =>
      receipt["cookie"] !== undefined && (receipt["about"] as { principal?: string }).principal === principal;
    await eventually(() => scorer.receipts.some(mine), "the receipt names the cookie");
    const { line } = scorer.receipts.find(mine)?.["cookie"] as { line: string };
    scorer.state = { cursor: 1, revokedSessions: [], riskLevels: [], forkedCookies: [{ principal, line }], failSafe: false };
    let status = 200;
    for (let tries = 0; tries < 400 && status === 200; tries += 1) {
      status = (await ask(url(), facts(who, 0), pair)).status;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.equal(status, 403);
  });

  test(`${host}: the scorer's audit makes the edge ask, and lets it go on`, async () => {
    const who = `audited-${host}`;
    const asked = async (): Promise<readonly string[] | undefined> => (await ask(url(), facts(who, 60_000, HOME))).debug?.asked;
    const becomes = async (expected: string[]): Promise<void> => {
      let now: readonly string[] | undefined;
      for (let tries = 0; tries < 400 && now?.join() !== expected.join(); tries += 1) {
        now = await asked();
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      assert.deepEqual(now, expected);
    };
    await becomes([]);
    scorer.facts = { signInRisk: "none" };
    scorer.state = { cursor: 2, revokedSessions: [], riskLevels: [], forkedCookies: [], failSafe: true };
    await becomes(["signInRisk"]);
    scorer.state = { cursor: 3, revokedSessions: [], riskLevels: [], forkedCookies: [], failSafe: false };
    await becomes([]);
  });
}

test("an application's own cookies are kept beside it", async () => {
  const cookies = (await ask(node, facts("both", 0, HOME))).headers["set-cookie"] ?? [];
  assert.deepEqual(cookies.map((one) => one.split("=")[0]), ["own", "__Host-edgeward-profile"]);
});

test("services, and clients with tokens of their own, are not held to a cookie", async () => {
  const about = facts("app", 0, HOME) as { principal: object };
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] };
  const sign = new SignJWT({ sub: "app", sid: "s-app" }).setProtectedHeader({ alg: "ES256", kid: "k" });
  const token = await sign.setIssuer("i").setAudience("a").setIssuedAt().setExpirationTime("1h").sign(privateKey);
  const { principal: _principal, ...unsigned } = about as unknown as Record<string, unknown>;
  const session = { keys: { jwks }, issuer: "i", audience: "a" };
  const { url, stop } = await serve(
    protect((_, response) => response.end("in"), { ...options(), session, facts: () => unsigned, debug: true } as NodeOptions),
  );
  running.push({ stop });
  const bearer = await exchange(url, { authorization: `Bearer ${token}` });
  assert.deepEqual([bearer.status, given(bearer)], [200, undefined]);
  const excused = await exchange(url, { authorization: "Basic eDp5", cookie: `edgeward_session=${token}` });
  assert.ok(given(excused), "any other authorization is no excuse for having no cookie");
  const service = await ask(node, { ...about, principal: { ...about.principal, kind: "workload" } });
  assert.deepEqual([service.status, given(service)], [200, undefined]);
});

test("a store keeps profiles instead, by keyed hash, and knows nothing of devices", async () => {
  const kept = new Map<string, string>();
  const store = { get: (key: string) => Promise.resolve(kept.get(key)), put: (key: string, value: string) => Promise.resolve(void kept.set(key, value)) };
  const stored = { ...options(), scorer: undefined, profiles: { keys: KEYS, store }, facts: factsFromHeader("x-facts"), debug: true } as NodeOptions;
  const server = await serve(protect((_, response) => response.end("in"), stored));
  running.push(server);
  assert.equal(given(await ask(server.url, facts("nobody-else", 0, HOME))), undefined);
  assert.deepEqual([...kept.keys()].map((key) => key.replace(/[0-9a-f]{32}$/, "…")), ["edgeward/profile/…"]);
  assert.doesNotMatch([...kept].join(), /nobody-else/);
  const again = await ask(server.url, facts("nobody-else", 60_000));
  assert.deepEqual([again.status, again.debug?.asked], [200, []]);
  let end = (): unknown => undefined;
  const streaming = await serve(protect((_, response) => void (end = () => response.end("in")), stored));
  running.push(streaming);
  const asking = ask(streaming.url, facts("listens-on", 0, HOME));
  await eventually(() => kept.size === 2, "it is kept before the response ends, which may be after another sign-in");
  end();
  await asking;
  store.get = () => Promise.reject(new Error("away"));
  assert.equal((await ask(server.url, facts("nobody-else", 60_000))).status < 500, true);
});

test("mistakes in the options stop the start", () => {
  const start = (over: object): unknown => protect(() => undefined, { ...options(), ...over } as NodeOptions);
  assert.throws(() => start({ profiles: { keys: [] } }), { code: "invalid_option", path: "profiles.keys" });
  assert.throws(() => start({ profiles: { keys: [{ id: 1, key: "short" }] } }), { code: "invalid_option" });
  assert.throws(() => start({ identifierKey: undefined }), { code: "invalid_option" });
});
