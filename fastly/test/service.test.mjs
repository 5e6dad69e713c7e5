// The service as clients, the origin and the scorer see it, in Viceroy.
import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { ALGORITHMS, AUDIENCE, body, call, exchange, identifier, ISSUER, issue, jwks, listen, secrets, signBundle, startScorer, startService, startTap } from "./world.mjs";

const BROWSER = {
  "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  accept: "text/html,application/xhtml+xml",
  "accept-language": "en",
  "sec-fetch-mode": "navigate",
};
const NORWAY = {
  as_name: "example", as_number: 64500, area_code: 0, city: "oslo", conn_speed: "broadband", conn_type: "wired",
  continent: "EU", country_code: "NO", country_code3: "NOR", country_name: "norway", latitude: 59.91, longitude: 10.75,
  metro_code: 0, postal_code: "0150", proxy_description: "?", proxy_type: "?", region: "03", utc_offset: 100,
};

const all = (more) => ({ users: { includeUsers: ["All"] }, applications: { includeApplications: ["All"] }, clientAppTypes: ["all"], ...more });
const policy = (id, conditions, control, more = {}) => ({
  id, displayName: id, state: "enabled", conditions: all(conditions), grantControls: { operator: "OR", builtInControls: [control] }, ...more,
});
const members = (group) => ({ users: { includeGroups: [group] } });
const bundle = signBundle({
  schema: 1,
  version: "1",
  namedLocations: [{
    "@odata.type": "#microsoft.graph.countryNamedLocation", id: "norway", displayName: "Norway", countriesAndRegions: ["NO"],
    countryLookupMethod: "clientIpAddress", includeUnknownCountriesAndRegions: false,
  }],
  policies: [
    policy("tools", { edge: { agentClasses: { include: ["attackTool"] } } }, "block"),
    policy("second-factor", { users: { includeUsers: ["careful"] } }, "mfa"),
    policy("suspended", members("suspended"), "block"),
    policy("suspended-strict", members("strict"), "block", { sessionControls: { disableResilienceDefaults: true } }),
    policy("administration", { edge: { paths: ["/admin/*"] } }, "block"),
    policy("abroad", { users: { includeUsers: ["local"] }, locations: { includeLocations: ["All"], excludeLocations: ["norway"] } }, "block"),
  ],
});
const settings = {
  publicKeys: [bundle.publicKey],
  application: "app",
  stepUpUrl: "/verify",
  profiles: true,
  session: { issuer: ISSUER, audience: AUDIENCE, jwks },
};

let scorer;
let tap;
let origin;
let service;
/** What the origin was asked, the newest last. */
const seen = [];
/** Headers of the upgrades that reached it. */
const sockets = [];

before(async () => {
  scorer = await startScorer();
  tap = await startTap(scorer.url);
  origin = await listen(async (request, response) => {
    const data = await body(request);
    seen.push({ method: request.method, url: request.url, headers: request.headers, length: data.length, digest: hash(data) });
    if (request.url === "/sign-in") response.setHeader("edgeward-sign-in", "success; principal=u%201");
    if (request.url === "/large") return response.end(Buffer.alloc(8 << 20, 7));
    response.end(request.method === "POST" ? data : "hello");
  });
  origin.server.on("upgrade", (request, socket) => {
    sockets.push(request.headers);
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.once("data", (data) => socket.end(`${request.headers["edgeward-outcome"]}:${data}`));
  });
  service = await start();
});

after(async () => {
  for (const one of [service, tap, origin, scorer]) await one?.stop();
});

const start = (more = {}) =>
  startService({
    settings, bundle, places: { "127.0.0.1": NORWAY },
    backends: { origin, scorer: { url: tap.url, timeoutMs: 1_500 } }, ...more,
  });
const hash = (data) => createHash("sha256").update(data).digest("hex");
const as = (id, claims = {}) => ({ ...BROWSER, cookie: `edgeward_session=${issue({ sub: id, sid: `s-${id}`, groups: [], ...claims })}` });
const unknownGroups = (id) => as(id, { groups: undefined });

/** An exchange and its receipt, which follows the response. */
async function recorded(request) {
  const reply = await exchange(service.url, request);
  const code = /[0-9A-Z]{5}-[0-9A-Z]{5}/.exec(reply.body)?.[0] ?? seen.at(-1).headers["edgeward-support-code"];
  const find = () => tap.receipts.find((receipt) => receipt.supportCode === code);
  for (let waited = 0; !find() && waited < 200; waited++) await new Promise((resolve) => setTimeout(resolve, 50));
  return { reply, receipt: find() };
}

test("what may go on reaches the origin, signed, and not with what the client claims of us", async () => {
  const headers = { ...as("u1"), "edgeward-outcome": "forged", "edgeward-admin": "yes", "x-forwarded-for": "203.0.113.9" };
  const reply = await exchange(service.url, { path: "/page?x=1&y=%20", headers });
  assert.equal(reply.status, 200);
  assert.equal(reply.body.toString(), "hello");
  const asked = seen.at(-1);
  assert.equal(asked.url, "/page?x=1&y=%20");
  assert.equal(asked.headers["x-forwarded-host"], "app.example");
  assert.equal(asked.headers["edgeward-outcome"], "allow");
  assert.equal(asked.headers["edgeward-principal"], "u1");
  assert.equal(asked.headers["edgeward-agent"], "browser");
  assert.equal(asked.headers["edgeward-admin"], undefined);
  const ours = Object.entries(asked.headers).filter(([name]) => name.startsWith("edgeward-") && name !== "edgeward-signature");
  const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(asked.headers["edgeward-signature"]);
  const lines = ours.map(([name, value]) => `${name}:${value}`).sort();
  const message = [time, "GET", "/page?x=1&y=%20", ...lines].join("\n");
  assert.equal(mac, createHmac("sha256", secrets.origin).update(message).digest("hex"));
});

test("facts come from the platform and no header adds any", async () => {
  const forged = { "x-forwarded-for": "203.0.113.9", "fastly-client-ip": "203.0.113.9", "cf-ipcountry": "SE", "x-geo-country": "SE" };
  const { reply, receipt } = await recorded({ headers: { ...as("local"), ...forged } });
  assert.equal(reply.status, 200, "in Norway, whatever the headers say");
  assert.equal(receipt.about.address, "127.0.0.0/24");
  assert.equal(receipt.about.country, "NO");
  assert.equal(receipt.about.asn, 64500);
  assert.equal(receipt.about.latitudeE6, 60_000_000);
  assert.equal(receipt.about.principal, identifier("principal", "local"));
});

test("attack tools are refused, in the form each understands", async () => {
  const tool = { "user-agent": "sqlmap/1.8#stable (https://sqlmap.org)" };
  const problem = await exchange(service.url, { headers: tool });
  assert.equal(problem.status, 403);
  assert.equal(problem.headers["content-type"], "application/problem+json");
  const { code, supportCode } = JSON.parse(problem.body);
  assert.equal(code, "blocked");
  assert.match(supportCode, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  const page = await exchange(service.url, { headers: { ...tool, accept: "text/html" } });
  assert.match(page.headers["content-type"], /^text\/html/);
  assert.match(page.headers["content-security-policy"], /default-src 'none'/);
  assert.ok(page.body.includes("Access was refused"));
  const head = await exchange(service.url, { method: "HEAD", headers: tool });
  assert.deepEqual([head.status, head.body.length], [403, 0]);
});

test("a challenge leads people to verify, three times, and tells programs what they need", async () => {
  const step = await exchange(service.url, { path: "/page", headers: as("careful") });
  assert.equal(step.status, 302);
  const target = new URL(step.headers.location);
  assert.equal(target.pathname, "/verify");
  assert.equal(target.searchParams.get("return_to"), "http://app.example/page");
  assert.equal(target.searchParams.get("controls"), "mfa");
  const [kept] = step.headers["set-cookie"][0].split(";");
  assert.match(kept, /^edgeward_step_up=\w+\.1$/);
  const looped = as("careful");
  looped.cookie += `; ${kept.replace(/1$/, "3")}`;
  assert.equal((await exchange(service.url, { path: "/page?again", headers: looped })).status, 403);
  assert.equal((await exchange(service.url, { path: "/other", headers: looped })).status, 302, "another page, another count");
  const program = await exchange(service.url, { headers: { ...as("careful"), "sec-fetch-mode": "cors" } });
  assert.equal(program.status, 401);
  assert.match(program.headers["www-authenticate"], /^Bearer realm="", authorization_uri="http:\/\/app\.example\/verify", error="insufficient_claims", claims="/);
  assert.equal((await exchange(service.url, { headers: as("careful", { amr: ["pwd", "mfa"] }) })).status, 200);
});

test("JSON-RPC clients are answered in JSON-RPC, and preflights are not challenged", async () => {
  const call = { "user-agent": "sqlmap/1.8", "mcp-protocol-version": "2025-06-18", "content-type": "application/json" };
  const refused = await exchange(service.url, { method: "POST", path: "/mcp", headers: call, data: "{}" });
  const { jsonrpc, id, error } = JSON.parse(refused.body);
  assert.deepEqual([refused.status, jsonrpc, id, error.code, error.data.code], [403, "2.0", null, -32030, "blocked"]);
  for (const method of ["GET", "DELETE"]) {
    const listening = await exchange(service.url, { method, path: "/mcp", headers: call });
    assert.equal(JSON.parse(listening.body).error.code, -32030, method);
  }
  const preflight = { ...as("careful"), "sec-fetch-mode": "cors", origin: "https://other.example", "access-control-request-method": "PUT" };
  assert.equal((await exchange(service.url, { method: "OPTIONS", headers: preflight })).status, 200);
});

test("a WebSocket is decided like any request and handed to the origin", async () => {
  const upgrade = (agent) =>
    written(
      Buffer.from(
        `GET /socket HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nEdgeward-Outcome: forged\r\nUser-Agent: ${agent}\r\n\r\nping`,
      ),
    );
  assert.match(await upgrade("sqlmap/1.8"), /^HTTP\/1\.1 403/);
  const reply = await upgrade("curl/8.0");
  assert.match(reply, /^HTTP\/1\.1 101/);
  assert.ok(reply.endsWith("allow:ping"), reply);
  assert.equal((await exchange(service.url, { headers: as("u1") })).status, 200);
});

test("a failed sign-in does not hide behind an upgrade that is none", async () => {
  const { reply, receipt } = await recorded({ path: "/sign-in", headers: { ...BROWSER, upgrade: "websocket" } });
  assert.deepEqual([reply.status, reply.headers["edgeward-sign-in"]], [200, undefined]);
  assert.equal(receipt.signInSucceeded, true);
});

test("no spelling of a path or a target gets around a policy for it", async () => {
  const status = async (target, host = "app.example") =>
    /^HTTP\/1\.1 (\d+)/.exec(await written(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)))?.[1];
  for (const target of [
    "/admin/x", "/%61dmin/%ff", "//admin//x", "/x/../admin/x", "/x/%2e%2e/%61dmin/x", "/x%2f..%2fadmin/x", "/./admin/x?y",
    "http://other.example/admin/x", "http://other.example/%61dmin/%ff", "HTTP://user@other.example:99/admin/x",
  ]) {
    assert.equal(await status(target), "403", target);
  }
  for (const [target, host] of [["http:///admin/x"], ["http://x:99999/admin/x"], ["/admin/x", "x?"], ["/admin/x", "x/y?"], ["/admin/x", "x#"]]) {
    const before = seen.length;
    // Some of these the platform itself refuses, or hangs up on.
    assert.match(`${await status(target, host)}`, /^(400|403|undefined)$/, `${target} of ${host}`);
    assert.equal(seen.length, before, `${target} of ${host} reached the origin`);
  }
  assert.equal(await status("/administration"), "200");
  // What passes for one path is no other one to the origin.
  for (const target of ["/admin/x/../../public?y=%20", "/admin/x\\..\\..\\public?y=%20", "/./public?y=%20", "//public/%ff//?y=/../%"]) {
    assert.equal(await status(target), "200", target);
    assert.equal(seen.at(-1).url, target.startsWith("//") ? target : "/public?y=%20");
  }
});

test("a tool does not hide behind a flood of headers", async () => {
  const flood = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`a${index}`, "v".repeat(500)]));
  assert.equal((await exchange(service.url, { headers: { ...flood, "user-agent": "sqlmap/1.8" } })).status, 403);
});

test("only the session that was judged reaches the origin, and the other cookies do", async () => {
  const token = (id) => issue({ sub: id, sid: `s-${id}`, groups: [] });
  const [mine, theirs] = [token("u1"), token("u2")];
  const cookie = (...tokens) => ["a=b", ...tokens.map((text) => `edgeward_session=${text}`), "c=\xe9"].join("; ");
  const rest = "a=b; c=\xe9";
  for (const [headers, principal, authorization, left] of [
    [{ cookie: cookie("junk", mine) }, "u1", undefined, cookie(mine)],
    [{ cookie: cookie(mine, theirs) }, undefined, undefined, rest],
    [{ cookie: cookie("1", "2", "3", "4", mine) }, undefined, undefined, rest],
    [{ cookie: cookie(mine), authorization: "Bearer junk" }, "u1", undefined, cookie(mine)],
    [{ cookie: cookie(mine), authorization: "Basic eDp5" }, "u1", "Basic eDp5", cookie(mine)],
    [{ cookie: cookie(theirs), authorization: `Bearer ${mine}` }, "u1", `Bearer ${mine}`, rest],
    [{ cookie: cookie(), authorization: "Bearer junk" }, undefined, undefined, rest],
  ]) {
    assert.equal((await exchange(service.url, { headers: { ...BROWSER, ...headers } })).status, 200);
    const asked = seen.at(-1).headers;
    assert.deepEqual([asked["edgeward-principal"], asked.authorization, asked.cookie], [principal, authorization, left]);
  }
  const upgrade = await written(
    Buffer.from(
      `GET /socket HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer junk\r\nCookie: a=b\r\nCookie: ${cookie(mine, theirs)}\r\n\r\nping`,
      "latin1",
    ),
  );
  assert.match(upgrade, /^HTTP\/1\.1 101/);
  assert.deepEqual([sockets.at(-1).authorization, sockets.at(-1).cookie], [undefined, `a=b; ${rest}`]);
});

test("a session counts by whichever algorithm it is signed", async () => {
  for (const algorithm of Object.keys(ALGORITHMS)) {
    const token = issue({ sub: "u1", sid: "s-u1", groups: [] }, algorithm);
    await exchange(service.url, { headers: { ...BROWSER, authorization: `Bearer ${token}` } });
    assert.equal(seen.at(-1).headers["edgeward-principal"], "u1", algorithm);
  }
});

test("a token that does not verify is nobody, and nobody is not careful", async () => {
  const token = issue({ sub: "careful" });
  for (const bad of [`${token.slice(0, -4)}AAAA`, issue({ sub: "careful", exp: 1 }), issue({ sub: "careful", aud: "other" }), "x.y.z"]) {
    assert.equal((await exchange(service.url, { headers: { ...BROWSER, authorization: `Bearer ${bad}` } })).status, 200);
    assert.equal(seen.at(-1).headers["edgeward-principal-kind"], "anonymous");
  }
});

test("the scorer is asked for what matters, and its answer decides", async () => {
  const person = (groups) => ({ kind: "user", groups, roles: [], guestType: "none", devices: [] });
  await call(scorer, "PUT", `/v1/identities/${identifier("principal", "kim")}`, person(["suspended"]));
  await call(scorer, "PUT", `/v1/identities/${identifier("principal", "lee")}`, person(["staff"]));
  const before = tap.asked.length;
  const { reply, receipt } = await recorded({ headers: unknownGroups("kim") });
  assert.equal(reply.status, 403);
  assert.deepEqual(tap.asked[before].needs, ["principal.groups"]);
  assert.deepEqual([receipt.outcome, receipt.asked, receipt.outage], ["block", ["principal.groups"], false]);
  assert.equal((await exchange(service.url, { headers: unknownGroups("lee") })).status, 200);
});

test("how a sign-in turned out reaches the scorer, and not the client", async () => {
  const { reply, receipt } = await recorded({ path: "/sign-in", headers: BROWSER });
  assert.equal(reply.headers["edgeward-sign-in"], undefined);
  assert.equal(receipt.signInSucceeded, true);
  assert.equal(receipt.signInPrincipal, identifier("principal", "u 1"));
});

test("a scorer that is late, broken or unwilling is an outage: each policy's own mode decides", async () => {
  for (const trouble of [{ delayMs: 3_000 }, { answer: { body: "<html>" } }, { answer: { body: '{"facts":{}}' } }, { answer: { status: 503 } }]) {
    Object.assign(tap, trouble);
    const { reply, receipt } = await recorded({ headers: unknownGroups("kim") });
    Object.assign(tap, { delayMs: 0, answer: undefined });
    assert.equal(reply.status, 403, "one policy has no resilience defaults");
    assert.deepEqual([receipt.outage, receipt.asked], [true, ["principal.groups"]], JSON.stringify(trouble));
  }
});

test("bodies pass untouched both ways, whatever their size and framing", async () => {
  const data = randomBytes(5 << 20);
  const posted = await exchange(service.url, { method: "POST", headers: as("u1"), data });
  assert.equal(hash(posted.body), hash(data));
  assert.equal(seen.at(-1).digest, hash(data));
  const chunks = Array.from({ length: 64 }, () => randomBytes(10_000));
  const streamed = await exchange(service.url, { method: "POST", headers: as("u1"), data: Readable.from(chunks) });
  assert.equal(hash(streamed.body), hash(Buffer.concat(chunks)));
  assert.equal((await exchange(service.url, { path: "/large", headers: as("u1") })).body.length, 8 << 20);
});

test("every method is decided and passed on", async () => {
  for (const method of ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"]) {
    assert.equal((await exchange(service.url, { method, headers: as("u1") })).status, 200, method);
    assert.equal(seen.at(-1).method, method);
  }
});

test("bad input is decided like any other, and breaks nothing", async () => {
  const answered = async (name, headers, path) => {
    const { status } = await exchange(service.url, { headers, path });
    assert.ok([200, 302, 401, 403, 431].includes(status), `${name}: ${status}`);
  };
  await answered("no headers", {});
  await answered("a flood of headers", Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`x-flood-${i}`, "y".repeat(3_000)])));
  await answered("a cookie of 200 kB", { cookie: `edgeward_session=${"x".repeat(200_000)}` });
  await answered("a long path", BROWSER, `/${"a".repeat(7_000)}`);
  await answered("a strange path", BROWSER, "//../%00%ff/?%&%zz");
  await answered("an odd host", { ...BROWSER, host: "[2001:db8::1]:8443" });
  for (const raw of [
    Buffer.concat([Buffer.from("GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nUser-Agent: "), Buffer.from([0xff, 0xfe, 0xe9]), Buffer.from("\r\nCookie: a=\xe9\r\n\r\n", "latin1")]),
    Buffer.from("GET / HTTP/1.0\r\nHost: app.example\r\n\r\n"),
    Buffer.from("GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nUser-Agent: a\r\nUser-Agent: b\r\nAuthorization: Bearer\r\nAuthorization: x\r\n\r\n"),
    Buffer.from(`GET / HTTP/1.1\r\nHost: app.example\r\nCookie: ${"x".repeat(1 << 20)}\r\n\r\n`),
  ]) {
    const reply = await written(raw);
    assert.match(reply, /^HTTP\/1\.[01] (200|403|400|431)/, reply.slice(0, 80));
  }
  assert.equal((await exchange(service.url, { headers: as("u1") })).status, 200, "and goes on");
});

/** Bytes as they are, and what came back. */
function written(bytes) {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1", () => socket.write(bytes));
    let reply = "";
    socket.on("data", (data) => (reply += data.toString("latin1")));
    socket.on("error", () => resolve(reply));
    socket.on("close", () => resolve(reply));
    socket.setTimeout(2_000, () => socket.destroy());
  });
}

test("a revoked session is nobody's two seconds later", async () => {
  assert.equal((await exchange(service.url, { headers: as("gone") })).status, 200);
  assert.equal(seen.at(-1).headers["edgeward-principal"], "gone");
  const { status } = await call(scorer, "POST", "/v1/revocations", { session: identifier("session", "s-gone") });
  assert.ok(status < 300, `${status}`);
  let kind;
  for (let tries = 0; kind !== "anonymous" && tries < 60; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await exchange(service.url, { headers: as("gone", { iat: Math.floor(Date.now() / 1000) - 60 }) });
    kind = seen.at(-1).headers["edgeward-principal-kind"];
  }
  assert.equal(kind, "anonymous");
  assert.equal(seen.at(-1).headers.cookie, undefined, "and nothing that names it goes on");
});

test("an instance for each request decides alike, and abroad is abroad", async () => {
  const places = { "127.0.0.1": { ...NORWAY, country_code: "SE" } };
  const fresh = await start({ settings: { ...settings, requestsPerInstance: 1 }, places });
  try {
    for (const [headers, status] of [[as("u1"), 200], [as("careful"), 302], [{ "user-agent": "sqlmap/1.8" }, 403], [as("local"), 403], [as("u1"), 200]]) {
      assert.equal((await exchange(fresh.url, { headers })).status, status);
    }
  } finally {
    await fresh.stop();
  }
});

test("without settings, or a bundle that can be believed, nothing passes", async () => {
  const cases = [
    [{ settings: "{" }, "CONFIGURATION"],
    [{ bundle: { ...bundle, text: bundle.text.replace("block", "mfa") } }, undefined],
  ];
  for (const [wrong, supportCode] of cases) {
    const broken = await start(wrong);
    const replies = [await exchange(broken.url, { headers: { "user-agent": "curl/8.0" } }), await exchange(broken.url)];
    await broken.stop();
    const log = readFileSync(broken.log, "utf8");
    for (const reply of replies) {
      const problem = JSON.parse(reply.body);
      assert.deepEqual([reply.status, problem.code], [403, "no_decision"]);
      if (supportCode) assert.equal(problem.supportCode, supportCode);
      else assert.match(log, new RegExp(`\\{"time":"[^"]+Z","supportCode":"${problem.supportCode}","reason":"no_bundle","passed":false,"event":"edgeward.undecided"\\}`));
    }
    if (supportCode) assert.match(log, /settings: .*; support code CONFIGURATION \(invalid_settings\)/);
  }
});

test("with the scorer stopped, sessions go on and strict policies deny; without the origin there is nothing to pass to", async () => {
  const relaxed = signBundle({ schema: 1, version: "1", policies: [policy("suspended", members("suspended"), "block")] });
  const alone = await start({ bundle: relaxed, settings: { ...settings, publicKeys: [relaxed.publicKey] } });
  try {
    await tap.stop();
    assert.equal((await exchange(alone.url, { headers: unknownGroups("kim") })).status, 200, "a session goes on");
    assert.equal((await exchange(service.url, { headers: unknownGroups("kim") })).status, 403, "a strict policy denies");
    assert.equal((await exchange(service.url, { headers: as("u1") })).status, 200, "what needs nobody is decided");
    await origin.stop();
    assert.equal((await exchange(service.url, { headers: as("u1") })).status, 502, "an origin that can not be reached");
  } finally {
    await alone.stop();
  }
});
