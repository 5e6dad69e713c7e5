// Every adapter that runs in Node, over HTTP, with the cases they all share.
import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import { getConnInfo } from "@hono/node-server/conninfo";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { factsFromHeader } from "edgeward";
import { edgeward as fastifyPlugin } from "edgeward/fastify";
import { protect as protectFetch } from "edgeward/fetch";
import { edgeward as honoMiddleware } from "edgeward/hono";
import type { EdgewardEnv } from "edgeward/hono";
import { createMiddleware, protect } from "edgeward/node";
import type { NodeOptions } from "edgeward/node";
import { protect as protectWorker } from "edgeward/workers";
import { clientOf as nextClient } from "../dist/adapters/next/client.js";
import { adapterCases } from "./support/adapter-cases.js";
import { bundle, CALM, exchange, open } from "./support/fixture.js";
import { serve } from "./support/servers.js";
import type { Running } from "./support/servers.js";

const running: Running[] = [];
after(() => Promise.all(running.map((one) => one.stop())));

const options = {
  bundle: { text: bundle() },
  allowUnsigned: true,
  stepUpUrl: "https://login.example/step-up",
  facts: factsFromHeader("x-facts"),
  onProblem: () => undefined,
  session: { keys: { jwks: { keys: [] } }, issuer: "https://login.example", audience: "app" },
  serverTiming: true,
};

async function run(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const started = await serve(listener);
  running.push(started);
  return started.url;
}

/** The echoing application as `node:http` has it; a sign-in is reported on the request. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url === "/sign-in" && request.edgeward !== undefined) request.edgeward.signIn = { succeeded: false };
    const { method, url, headers } = request;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
}

/** The same as a fetch handler. */
async function echoFetch(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const body = await request.text();
  const response = Response.json({ method: request.method, url: pathname + search, headers, body });
  if (pathname === "/sign-in") response.headers.set("edgeward-sign-in", "failure; principal=u%207");
  return response;
}

const hosts: Record<string, () => Promise<string>> = {
  "node:http": () => run(protect(echo, options)),
  Express: () => {
    const app = express();
    app.use(createMiddleware(options));
    app.use(echo);
    return run(app);
  },
  Fastify: async () => {
    const app = fastify();
    await app.register(fastifyPlugin, options);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "string", bodyLimit: 1 << 24 }, (_, body, done) => done(null, body));
    app.all("/*", ({ method, url, headers, body, edgeward }) => {
      if (url === "/sign-in" && edgeward !== undefined) edgeward.signIn = { succeeded: false };
      return { method, url, headers, body: body ?? "" };
    });
    await app.ready();
    return run((request, response) => app.routing(request, response));
  },
  Hono: () => {
    const app = new Hono<EdgewardEnv>();
    app.use(honoMiddleware({ ...options, connInfo: getConnInfo }));
    app.all("*", (context) => {
      assert.equal(context.get("edgeward").decision?.outcome !== undefined, true);
      return echoFetch(context.req.raw);
    });
    return run(getRequestListener(app.fetch));
  },
  "a fetch handler": () => run(getRequestListener(protectFetch(echoFetch, options))),
};

for (const [host, start] of Object.entries(hosts)) {
  test(host, async (suite) => {
    const url = await start();
    for (const { name, run: check } of adapterCases) await suite.test(name, () => check(url));
  });
}

test("the address is the connection's, or what a trusted proxy says, in every adapter", async () => {
  const seen: unknown[] = [];
  const look = {
    ...options,
    bundle: { text: open() },
    facts: undefined,
    stepUpUrl: undefined,
    trustedProxies: ["127.0.0.0/8"],
    trustedHeaders: { "x-auth-user": "principal.id" },
  } as const;
  const read = (request: Request): Response => {
    seen.push(request.headers.get("edgeward-principal"), request.headers.get("x-auth-user"));
    return new Response();
  };
  const hono = new Hono();
  hono.use(honoMiddleware({ ...look, connInfo: getConnInfo }));
  hono.all("*", (context) => read(context.req.raw));
  const urls = [
    await run(getRequestListener(protectFetch(read, { ...look, peer: () => "127.0.0.1" }))),
    await run(getRequestListener(hono.fetch)),
    await run(getRequestListener(protectFetch(read, { ...look, peer: () => "203.0.113.9" }))),
  ];
  for (const url of urls) await exchange(url, { "x-auth-user": "u9", "x-forwarded-for": "203.0.113.7" });
  assert.deepEqual(seen.slice(0, 4), ["u9", "u9", "u9", "u9"]);
  assert.notEqual(seen[4], "u9", "who is not the proxy states nothing");
  assert.equal(seen[5], null, "nor to the application");
  for (const make of [protectFetch.bind(undefined, read), honoMiddleware, createMiddleware] as ((with_: unknown) => unknown)[]) {
    assert.throws(() => make({ ...look, trustedProxies: undefined }), { code: "invalid_option", path: "trustedHeaders" });
  }
});

test("a body that was read before Hono's guard keeps no decision from being recorded", async () => {
  let decided = 0;
  const hono = new Hono();
  hono.use(async (context, next) => (await context.req.raw.text(), next()));
  hono.use(honoMiddleware({ ...options, onDecision: () => (decided += 1) }));
  hono.onError((_, context) => context.text("", 500));
  const headers = { "x-facts": JSON.stringify(CALM) };
  const reply = await hono.fetch(new Request("https://app.example/", { method: "POST", body: "x", headers }));
  assert.deepEqual([reply.status, decided], [500, 1]);
});

test("where a platform is open to anyone, trusted headers need a proof of who is in front", async () => {
  const seen: (string | null)[] = [];
  const look = {
    ...options,
    bundle: { text: open() },
    facts: undefined,
    trustedHeaders: { "x-auth-user": "principal.id" },
  } as const;
  const trustedPeer = ({ headers }: Request): boolean => {
    if (headers.has("x-fault")) throw new Error("a proof that fails");
    return headers.get("x-proxy-secret") === "s";
  };
  const handler = (request: Request): Response => (seen.push(request.headers.get("edgeward-principal")), new Response());
  const hono = new Hono();
  hono.use(honoMiddleware({ ...look, platform: "cloudflare", trustedPeer }));
  hono.all("*", (context) => handler(context.req.raw));
  const worker = protectWorker(handler, { ...look, trustedPeer });
  const context = { waitUntil: () => undefined };
  const sent: Record<string, string>[] = [{ "x-proxy-secret": "s" }, {}, { "x-proxy-secret": "s", "x-fault": "1" }];
  for (const headers of sent) {
    const request = new Request("https://app.example/", { headers: { "x-auth-user": "u9", ...headers } });
    await worker.fetch(request, {}, context);
    await hono.fetch(request);
    const { trustsPeer } = nextClient({ platform: "vercel", trustedPeer })(request);
    seen.push(trustsPeer ? "u9" : null);
  }
  assert.deepEqual(seen, ["u9", "u9", "u9", null, null, null, null, null, null]);
  const refused = { code: "invalid_option", path: "trustedHeaders" };
  assert.throws(() => protectWorker(handler, look), refused);
  assert.throws(() => honoMiddleware({ ...look, platform: "cloudflare" }), refused);
});

test("a client's own headers are gone wherever Node keeps them", async () => {
  const app = new Hono();
  app.all("*", (context) => context.json({ told: context.req.header("edgeward-principal") }));
  const behind = getRequestListener(app.fetch);
  const urls = [
    await run(protect((request, response) => void behind(request, response), options)),
    await run(
      protect(({ headersDistinct, rawHeaders }, response) => {
        const raw = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === "edgeward-principal");
        const distinct = Object.keys(headersDistinct).filter((name) => name.startsWith("edgeward"));
        response.end(JSON.stringify({ raw, distinct, host: headersDistinct["host"]?.length }));
      }, options),
    ),
  ];
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Edgeward-${index}`, "1"]));
  const sent = { "x-facts": JSON.stringify(CALM), "edgeward-principal": ["root", "admin"], ...many };
  const told = await Promise.all(urls.map(async (url) => JSON.parse((await exchange(url, sent)).body) as unknown));
  assert.deepEqual(told, [{ told: "u1" }, { raw: ["u1"], distinct: [], host: 1 }]);
});

test("an upgrade is judged, too: refused on the socket, or handed to whoever listens", async () => {
  const guarded = protect(echo, options);
  const server = createServer(guarded);
  server.on(
    "upgrade",
    guarded.upgrade((request, socket) => {
      const outcome = String(request.headers["edgeward-outcome"]);
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nx-outcome: ${outcome}\r\n\r\n`);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push({ url: "", stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))) });
  const { port } = server.address() as { port: number };
  const upgrade = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const facts = JSON.stringify(CALM);
      const head = `GET ${path} HTTP/1.1\r\nhost: app.example\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-facts: ${facts}\r\n`;
      const socket = connect(port, "127.0.0.1", () => socket.write(`${head}edgeward-outcome: forged\r\n\r\n`));
      let reply = "";
      socket.on("data", (chunk) => (reply += chunk.toString()));
      socket.on("error", reject);
      socket.on("close", () => resolve(reply));
    });
  assert.match(await upgrade("/live"), /^HTTP\/1\.1 101 [^]*x-outcome: allow/);
  assert.match(await upgrade("/admin"), /^HTTP\/1\.1 401 Unauthorized\r\n[^]*verification_required/);
});

test("an absolute target is judged by the path that its router finds in it", async () => {
  const app = fastify();
  await app.register(fastifyPlugin, options);
  app.get("/admin", () => "secret");
  await app.ready();
  const express_ = express();
  express_.use(createMiddleware(options));
  express_.get("/admin", (_request, response) => void response.send("secret"));
  const urls = [await run((request, response) => app.routing(request, response)), await run(express_)];
  const targets = ["http://x/admin", "http://x?y/admin", "http://x#y/admin", "http://x\\y/admin", "http://x:99999/admin", "http:///admin",
    "http://[x/admin", "http://x|y/admin", "http://a@b:c@d/admin", "http://x\\admin"];
  for (const url of urls) {
    for (const target of targets) {
      const reply = await exchange(url, { "x-facts": JSON.stringify(CALM) }, { target });
      assert.notEqual(reply.body, "secret", target);
    }
  }
});

test("no spelling of a path reaches what routes by it as it is written, or resolves it first", async () => {
  const spellings = ["/admin/x/../../public", "/admin/x\\..\\..\\public", "/admin/x%2f..%2f..%2fpublic", "/admin//../public", "/admin/%2e%2e/public",
    "/x/../admin", "/x%2fy/../admin", "/x\\..\\admin", "/x/%2E./admin", "/admin;x", "/ADMIN", "/admin/"];
  const express_ = express();
  express_.use(createMiddleware(options));
  express_.use("/admin", (_request, response) => void response.send("secret"));
  const app = fastify();
  await app.register(fastifyPlugin, options);
  app.get("/admin/*", () => "secret");
  app.get("/admin", () => "secret");
  await app.ready();
  const byUrl = protect((request, response) => {
    const { pathname } = new URL(`http://app.example${request.url ?? "/"}`);
    response.end(/^\/admin(?:[/;]|$)/.test(pathname) ? "secret" : "public");
  }, options);
  for (const listener of [express_, (...both: Parameters<typeof byUrl>) => app.routing(...both), byUrl]) {
    const url = await run(listener);
    for (const target of spellings) {
      const reply = await exchange(url, { "x-facts": JSON.stringify(CALM) }, { target });
      assert.notEqual(reply.body, "secret", target);
    }
    const elsewhere = await exchange(url, { "x-facts": JSON.stringify(CALM) }, { target: "/public/../items;x/%20" });
    assert.ok([200, 404].includes(elsewhere.status), "what nobody reads as that is not asked for more");
  }
});

test("an upgrade that can not be rid of a token that does not count is refused", async () => {
  const calm = { ...options, facts: () => ({ ...CALM, principal: undefined }) };
  const handler = protectFetch(() => new Response("upgraded"), calm);
  const hono = new Hono();
  hono.use(honoMiddleware({ ...calm, platform: "cloudflare" }));
  hono.all("*", (context) => context.text("upgraded"));
  const key = { upgrade: "websocket", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
  const ask = (cookie: string): Request => new Request("https://app.example/", { headers: { ...key, cookie } });
  for (const answer of [handler, (request: Request) => hono.fetch(request)]) {
    assert.equal((await answer(ask("a=b"))).status, 200);
    assert.equal((await answer(ask("edgeward_session=junk"))).status, 403);
  }
});

/** A server whose application counts what reaches it, given the options of its guard. */
const counting: Record<string, (options: NodeOptions, count: () => void) => Promise<string>> = {
  "node:http": (guardOptions, count) => run(protect(count, guardOptions)),
  Fastify: async (guardOptions, count) => {
    const app = fastify();
    await app.register(fastifyPlugin, guardOptions);
    app.get("/", (_request, reply) => {
      count();
      return reply.send("");
    });
    await app.ready();
    return run((request, response) => app.routing(request, response));
  },
};

for (const [name, serve] of Object.entries(counting)) {
  test(`${name}: a client that leaves while it is judged costs nothing but its receipt`, async () => {
    let [release, asked, reached, finished] = [(): void => undefined, (): void => undefined, 0, 0];
    const held = new Promise<void>((resolve) => (release = resolve));
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const url = await serve(
      {
        ...options,
        facts: () => ({ ...CALM, risk: { signIn: "none" } }),
        onDecision: () => void (finished += 1),
        scorer: {
          url: "http://scorer.example",
          token: "t",
          timeoutMs: 2_000,
          async fetch(request) {
            if (!request.url.endsWith("/v1/assess")) return new Response(null, { status: 404 });
            asked();
            await held;
            return Response.json({ facts: { userRisk: "none" }, ttlSeconds: 0 });
          },
        },
      },
      () => void (reached += 1),
    );
    const sent = httpRequest(url);
    sent.on("error", () => undefined);
    sent.end();
    await arrived;
    sent.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    for (let tries = 0; tries < 100 && finished === 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([reached, finished], [0, 1]);
  });
}
