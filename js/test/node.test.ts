// Express and plain node:http, over HTTP, with the engine and a scorer that can be broken.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { after, afterEach, before, test } from "node:test";
import { factsFromHeader } from "edgeward";
import { createMiddleware, protect } from "edgeward/node";
import type { NodeOptions } from "edgeward/node";
import { edgeward } from "edgeward/fastify";
import express from "express";
import { fastify } from "fastify";
import { bundle, CALM, exchange } from "./support/fixture.js";
import type { Reply } from "./support/fixture.js";
import { eventually, FaultyScorer, serve } from "./support/servers.js";
import type { Running } from "./support/servers.js";

const running: { stop(): Promise<void> }[] = [];
let scorer: FaultyScorer;

async function run(listener: Parameters<typeof createServer>[1]): Promise<Running> {
  const started = await serve(listener as Parameters<typeof serve>[0]);
  running.push(started);
  return started;
}

function options(over: Partial<NodeOptions> = {}): NodeOptions {
  return {
    bundle: { text: bundle() },
    allowUnsigned: true,
    scorer: { url: scorer.url, token: "token", timeoutMs: 150 },
    stepUpUrl: "https://login.example/step-up",
    facts: factsFromHeader("x-facts"),
    onProblem: () => undefined,
    debug: true,
    ...over,
  };
}

function ask(url: string, facts: unknown = CALM, headers: Record<string, string | string[]> = {}): Promise<Reply> {
  return exchange(url, { "x-facts": JSON.stringify(facts), ...headers });
}

before(async () => {
  scorer = await new FaultyScorer().start();
  running.push(scorer);
});

afterEach(() => {
  scorer.mood = "well";
  scorer.facts = {};
});

after(() => Promise.all(running.map((one) => one.stop())));

test("Express: what passes is told to the application, what does not never reaches it", async () => {
  const app = express();
  app.use(createMiddleware(options()));
  app.use(express.json());
  let reached = 0;
  app.use("/mounted", (request, response) => {
    reached += 1;
    const { decision } = request.edgeward ?? {};
    response.json({
      outcome: decision?.outcome,
      header: request.headers["edgeward-outcome"],
      forged: request.headers["edgeward-forged"],
      body: request.body as unknown,
    });
  });
  app.get("/admin", (_, response) => response.send("admin"));
  const { url } = await run(app);
  const passed = await exchange(
    `${url}/mounted/x`,
    { "x-facts": JSON.stringify(CALM), "edgeward-forged": "1", "content-type": "application/json" },
    { method: "POST", body: '{"a":1}' },
  );
  assert.deepEqual(JSON.parse(passed.body), { outcome: "allow", header: "allow", body: { a: 1 } });
  const tool = await ask(`${url}/mounted/x`, CALM, { "user-agent": "sqlmap/1.8#stable (https://sqlmap.org)" });
  assert.equal(tool.status, 403);
  assert.equal(reached, 1);
  const page = await ask(`${url}/admin?tab=1`, CALM, { "sec-fetch-mode": "navigate" });
  assert.equal(page.status, 302);
  assert.equal(new URL(page.headers.location ?? "").searchParams.get("return_to"), `${url}/admin?tab=1`);
});

test("node:http: a listener is protected as it is", async () => {
  const { url } = await run(protect((request, response) => response.end(request.url), options()));
  assert.equal((await ask(`${url}/a?b`)).body, "/a?b");
  assert.equal((await ask(`${url}/admin`)).status, 401);
});

test("deferred requests wait for the scorer, and no longer than its time", async () => {
  const { url } = await run(protect((_, response) => response.end("in"), options()));
  const unknown = { ...CALM, risk: { signIn: "none" } };
  scorer.facts = { userRisk: "none" };
  assert.deepEqual((await ask(url, unknown)).debug?.asked, ["userRisk"]);
  for (const mood of ["slow", "down", "rubbish", "wrong", "refusing"] as const) {
    scorer.mood = mood;
    const reply = await ask(url, unknown);
    assert.deepEqual([reply.status, reply.debug?.outage], [403, true], mood);
  }
});

test("receipts tell how a sign-in turned out when the application says so", async () => {
  const { url } = await run(
    protect((request, response) => {
      if (request.edgeward !== undefined) request.edgeward.signIn = { succeeded: true, principal: "u7" };
      response.end();
    }, options()),
  );
  await ask(url);
  await eventually(() => scorer.receipts.some((receipt) => receipt["signInPrincipal"] === "u7"), "the receipt arrives");
});

test("trusted headers are believed of trusted proxies only", async () => {
  const trustedHeaders = { "x-auth-user": "principal.id" } as const;
  const tell = (over: Partial<NodeOptions>) =>
    run(
      protect(({ headers, rawHeaders }, response) => {
        const told = headers["x-auth-user"] ?? rawHeaders.find((text) => /^x[-_]auth[-_]user$/i.test(text));
        response.end(`${headers["edgeward-principal"] ?? "nobody"}, told ${told ?? "nothing"}`);
      }, {
        ...options({ trustedHeaders, facts: () => ({ ...CALM, principal: {} }), ...over }),
      }),
    );
  const behind = await tell({ trustedProxies: ["127.0.0.0/8"] });
  assert.equal((await exchange(behind.url, { "X-Auth-User": "u9" })).body, "u9, told u9");
  const open = await tell({ trustedProxies: ["10.0.0.0/8"] });
  assert.equal((await exchange(open.url, { "X-Auth-User": "u9" })).body, "nobody, told nothing", "the application would believe it");
  for (const { url } of [open, behind]) {
    assert.match((await exchange(url, { X_Auth_User: "u9", "X-Auth_User": "u9" })).body, /told nothing$/, "CGI reads `_` and `-` as one");
  }
  assert.throws(() => createMiddleware(options({ trustedHeaders })), { code: "invalid_option", path: "trustedHeaders" });
});

test("odd request targets and hosts are decided and passed on as they are", async () => {
  const { url } = await run(protect((request, response) => response.end(request.url), options()));
  for (const path of ["//admin", "/%00", "/%zz", "/a//b", "/?return_to=//evil.example"]) {
    const reply = await ask(url + path);
    assert.ok(reply.status < 500, path);
  }
  assert.ok((await ask(url, CALM, { host: "a b:x" })).status < 500);
});

test("what the client is told stands beside what the application sets, however it does", async () => {
  const facts = () => ({ ...CALM, session: { ...CALM.session, establishedAt: Date.now() } });
  const keys = [{ id: 1, key: "22".repeat(32) }];
  const told = options({ facts, serverTiming: true, identifierKey: "11".repeat(32), profiles: { keys } });
  const [timing, cookies] = ["app;dur=1", ["a=1", "b=2"]];
  const ways: Record<string, (response: ServerResponse) => void> = {
    "setHeader": (response) => response.setHeader("Server-Timing", timing).setHeader("Set-Cookie", cookies).end(),
    "writeHead, by name": (response) => response.writeHead(200, { "server-timing": timing, "set-cookie": cookies }).end(),
    "writeHead, a list": (response) => response.writeHead(200, ["server-timing", timing, "Set-Cookie", "a=1", "set-cookie", "b=2"]).end(),
    "writeHead, with a reason": (response) => response.writeHead(200, "Fine", ["server-timing", timing, "set-cookie", cookies]).end(),
    "writeHead, pairs": (response) => response.writeHead(200, [["server-timing", timing], ["set-cookie", cookies]] as unknown as string[]).end(),
    "writeHead, over setHeader": (response) => response.setHeader("set-cookie", "old=1").writeHead(200, ["server-timing", timing, "set-cookie", cookies] as string[]).end(),
  };
  const plain = await run(protect((request, response) => ways[decodeURIComponent((request.url ?? "").slice(1))]?.(response), told));
  const app = fastify({ forceCloseConnections: true });
  await app.register(edgeward, told);
  app.get("/fastify", (_, reply) => reply.header("server-timing", timing).header("set-cookie", cookies).send(""));
  running.push({ stop: () => app.close() });
  const urls = Object.keys(ways).map((way) => `${plain.url}/${encodeURIComponent(way)}`);
  for (const url of [...urls, `${await app.listen()}/fastify`]) {
    const { status, headers } = await exchange(url);
    const way = decodeURIComponent(url);
    assert.equal(status, 200, way);
    assert.match(String(headers["server-timing"]), /^app;dur=1, edgeward;desc=allow/, way);
    const [a, b, ours, ...more] = headers["set-cookie"] ?? [];
    assert.deepEqual([a, b, more], ["a=1", "b=2", []], way);
    assert.match(ours ?? "", /^edgeward-profile=/, way);
  }
});

test("a mistake in the options, or a refused bundle, stops the start", () => {
  assert.throws(() => createMiddleware(options({ allowUnsigned: false })), { code: "bad_signature" });
  assert.throws(() => createMiddleware(options({ bundle: { text: "{" } })), { code: "invalid_json" });
  assert.throws(() => createMiddleware(options({ identifierKey: "short" })), { code: "invalid_option" });
});
