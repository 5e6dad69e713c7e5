// What every adapter does alike, asked over HTTP. Behind each adapter is an application that echoes what it saw as
// JSON, answers `/sign-in` with the header `edgeward-sign-in`, and takes its facts from the header `x-facts`.
import assert from "node:assert/strict";
import { CALM, exchange } from "./fixture.js";
import type { Reply } from "./fixture.js";

interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface AdapterCase {
  name: string;
  run(url: string): Promise<void>;
}

const STEP_UP = "https://login.example/step-up";
const TOOL = { "user-agent": "sqlmap/1.8#stable (https://sqlmap.org)" };
const PAGE = { "sec-fetch-mode": "navigate" };
const MCP = { "content-type": "application/json", accept: "application/json, text/event-stream" };

function ask(
  url: string,
  headers: Record<string, string | string[]> = {},
  init: { method?: string; body?: string } = {},
  facts: unknown = CALM,
): Promise<Reply> {
  return exchange(url, { "x-facts": JSON.stringify(facts), ...headers }, init);
}

function seen(reply: Reply): Seen {
  assert.equal(reply.status, 200, reply.body);
  return JSON.parse(reply.body) as Seen;
}

function problem(reply: Reply): Record<string, unknown> {
  return JSON.parse(reply.body) as Record<string, unknown>;
}

export const adapterCases: AdapterCase[] = [
  {
    name: "what passes arrives as it was sent, and told what was decided",
    async run(url) {
      const sent = { "content-type": "text/plain", "edgeward-forged": "1", "edgeward-principal": "root" };
      const got = seen(await ask(`${url}/items?a=1`, sent, { method: "POST", body: "käse" }));
      assert.deepEqual([got.method, got.url, got.body], ["POST", "/items?a=1", "käse"]);
      assert.equal(got.headers["edgeward-outcome"], "allow");
      assert.equal(got.headers["edgeward-principal"], "u1");
      assert.equal(got.headers["edgeward-forged"], undefined);
    },
  },
  {
    name: "a token that does not verify is nobody's, here and at the application",
    async run(url) {
      const sent = { authorization: "Bearer junk", cookie: "a=b; edgeward_session=junk; c=d" };
      const got = seen(await ask(url, sent, {}, { ...CALM, principal: undefined }));
      assert.deepEqual([got.headers["authorization"], got.headers["cookie"]], [undefined, "a=b; c=d"]);
      assert.equal(got.headers["edgeward-outcome"], "allow");
      const alone = seen(await ask(url, { cookie: "edgeward_session=junk" }, {}, { ...CALM, principal: undefined }));
      assert.equal(alone.headers["cookie"], undefined);
      const known = seen(await ask(url, sent));
      assert.equal(known.headers["authorization"], "Bearer junk", "a host that says who asks knows its own tokens");
    },
  },
  {
    name: "a long body streams through whole",
    async run(url) {
      const body = "0123456789abcdef".repeat(128 * 1024);
      assert.equal(seen(await ask(url, { "content-type": "text/plain" }, { method: "PUT", body })).body.length, body.length);
    },
  },
  {
    name: "a blocked client gets a problem, a page or a JSON-RPC error, and never the application",
    async run(url) {
      const api = await ask(url, TOOL);
      assert.deepEqual([api.status, problem(api)["code"]], [403, "blocked"]);
      assert.match(api.headers["content-type"] ?? "", /^application\/problem\+json/);
      const page = await ask(url, { ...TOOL, ...PAGE });
      assert.equal(page.status, 403);
      assert.match(page.headers["content-type"] ?? "", /^text\/html/);
      assert.match(page.body, /Support code/);
      const mcp = await ask(url, { ...TOOL, ...MCP }, { method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
      assert.deepEqual([mcp.status, problem(mcp)["jsonrpc"]], [403, "2.0"]);
    },
  },
  {
    name: "who must verify is sent there from a page, and told by a claims challenge elsewhere",
    async run(url) {
      const page = await ask(`${url}/admin?tab=1`, PAGE);
      assert.equal(page.status, 302);
      const target = new URL(page.headers.location ?? "");
      assert.equal(target.origin + target.pathname, STEP_UP);
      assert.equal(new URL(target.searchParams.get("return_to") ?? "").pathname, "/admin");
      assert.match(String(page.headers["set-cookie"]), /edgeward_step_up=\w+\.1;/);
      const api = await ask(`${url}/admin`);
      assert.deepEqual([api.status, problem(api)["code"]], [401, "verification_required"]);
      assert.match(api.headers["www-authenticate"] ?? "", /claims="/);
    },
  },
  {
    name: "HEAD is answered without a body, and a preflight is let through to be answered",
    async run(url) {
      const head = await ask(`${url}/admin`, {}, { method: "HEAD" });
      assert.deepEqual([head.status, head.body], [401, ""]);
      assert.equal((await ask(url, {}, { method: "HEAD" })).status, 200);
      const preflight = { origin: "https://other.example", "access-control-request-method": "POST" };
      assert.equal((await ask(`${url}/admin`, preflight, { method: "OPTIONS" })).status, 200);
      assert.equal((await ask(`${url}/admin`, {}, { method: "OPTIONS" })).status, 401);
    },
  },
  {
    name: "how long it took is told in Server-Timing, and how a sign-in went is told to nobody outside",
    async run(url) {
      const reply = await ask(`${url}/sign-in`);
      assert.match(String(reply.headers["server-timing"]), /edgeward;desc=allow;dur=[\d.]+/);
      assert.equal(reply.headers["edgeward-sign-in"], undefined);
    },
  },
  {
    name: "floods, huge cookies, doubled headers and odd targets are decided, never a server error",
    async run(url) {
      const flood = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x-${index}`, "v".repeat(50)]));
      assert.equal((await ask(url, flood)).status, 200);
      assert.equal((await ask(url, { cookie: `edgeward_session=${"x".repeat(9_000)}` })).status, 200);
      // A megabyte is more than the servers themselves take; what counts is that nobody falls over.
      await ask(url, { cookie: `a=${"x".repeat(1_048_576)}` }).catch(() => undefined);
      const doubled = { "user-agent": ["Mozilla/5.0", "sqlmap/1.8"], "x-forwarded-for": ["::ffff:203.0.113.7", "nonsense"] };
      assert.ok((await ask(url, doubled)).status < 500);
      for (const path of ["//admin", "/%00", "/%zz", "/?return_to=//evil.example", "/a/../admin"]) {
        assert.ok((await ask(url + path)).status < 500, path);
      }
      assert.equal((await ask(url, {}, {}, { ...CALM, client: { ip: "::ffff:203.0.113.7" } })).status, 200);
    },
  },
  {
    name: "no spelling of a path or a host gets around a policy of the path",
    async run(url) {
      for (const path of ["//admin", "/%61dmin", "/a/../admin", "/./admin", "/admin?x", "/%61dmin/%ff"]) {
        assert.notEqual((await ask(url + path)).status, 200, path);
      }
      for (const host of ["x?", "x#", "x/y?", "x\\y?", "user@x", "x:y"]) {
        const reply = await ask(`${url}/admin`, { host }).catch(() => undefined);
        // Deno makes the address of `Host` itself, and so for the application as well: then nobody asked for `/admin`.
        if (reply?.status === 200) assert.doesNotMatch(seen(reply).url, /^\/admin/, host);
      }
      const { hostname, port } = new URL(url);
      for (const target of [`http://${hostname}:${port}/admin`, `HTTP://${hostname}/admin`]) {
        const absolute = await exchange(url, { "x-facts": JSON.stringify(CALM) }, { target }).catch(() => undefined);
        assert.ok(absolute === undefined || absolute.status >= 400, target);
      }
    },
  },
  {
    name: "names that an application may read as ours are not the client's",
    async run(url) {
      const got = seen(await ask(url, { Edgeward_Principal: "root", "EDGEWARD_session": "s9" }));
      assert.deepEqual(
        Object.keys(got.headers).filter((name) => name.startsWith("edgeward_")),
        [],
      );
    },
  },
  {
    name: "a tool does not hide behind a flood, nor a failed sign-in behind an upgrade that is none",
    async run(url) {
      const flood = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`a${index}`, "v"]));
      assert.equal((await ask(url, { ...flood, ...TOOL })).status, 403);
      const reply = await ask(`${url}/sign-in`, { upgrade: "x" });
      assert.equal(reply.headers["edgeward-sign-in"], undefined);
    },
  },
  {
    name: "facts that are none are a refusal with a code",
    async run(url) {
      const reply = await exchange(url, { "x-facts": "{" });
      assert.deepEqual([reply.status, problem(reply)["code"]], [403, "no_decision"]);
    },
  },
];
