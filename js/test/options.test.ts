// Options that can not be: the start fails and names them, whichever adapter they are given to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { protect as protectFetch } from "edgeward/fetch";
import { edgeward } from "edgeward/hono";
import { createMiddleware } from "edgeward/node";
import { createWorker, protect as protectWorker } from "edgeward/workers";
import { clientOf } from "../dist/adapters/next/client.js";
import { bundle, CALM, open } from "./support/fixture.js";

const OPTIONS = { allowUnsigned: true, bundle: { text: open() } };
const SCORER = { url: "http://scorer.example/base", token: "t" };
const SESSION = { keys: { jwks: { keys: [] } }, issuer: "i", audience: "a" };
const METER = { createCounter: (): object => ({}) };
const handler = (): Response => new Response("in");

/** By the path that the error names: values that can not be. */
const WRONG: Record<string, unknown[]> = {
  publicKeys: [{}, null],
  identifierKey: ["", 5],
  allowUnsigned: ["false"],
  stepUpUrl: ["", 5, "http://["],
  appealUrl: ["", null],
  resourceMetadataUrl: [""],
  bundle: [open(), null],
  "bundle.text": [undefined, 5, ""],
  "bundle.signature": ["x"],
  scorer: ["http://scorer.example", null],
  "scorer.url": [undefined, "", "ftp://x", "http://x/?a=b", "http://u:p@x", "http://x/#", 5],
  "scorer.token": [undefined, "", "t\n", 5],
  "scorer.fetch": ["x"],
  "scorer.timeoutMs": ["400", null],
  store: ["kv", {}, null],
  profiles: ["x"],
  "profiles.keys": [undefined, "x", []],
  "profiles.store": ["kv"],
  session: ["x", null],
  "session.keys": [undefined, null, "x"],
  "session.keys.jwks": [null, { keys: "x" }, { keys: [5] }],
  "session.keys.jwksUrl": ["", 5, "ftp://x", "https://u:p@x"],
  "session.issuer": [undefined, ""],
  "session.audience": [undefined, ["a"]],
  "session.algorithms": ["ES256", [], ["none"], ["ES256", "HS256"], [5]],
  "session.cookie": ["", 5, "a b", "a=b", "ü"],
  "session.claims": ["sub", null],
  "session.claims.principle": ["sub"],
  "session.claims.principal": ["", 5, ["sub"]],
  trustedHeaders: [null, "x-user", { "": "principal.id" }, { "x user": "principal.id" }],
  "trustedHeaders.x-user": [5],
  agentKeys: ["x", null],
  "agentKeys.fetch": [{}],
  application: [5, ""],
  onNoBundle: ["pass"],
  originSecret: ["", 5],
  facts: [{}, "x"],
  onDecision: ["x"],
  onUndecided: [{}],
  onProblem: [null],
  meter: [{}, METER, "x"],
  serverTiming: ["false"],
  debug: ["false", 1],
  nothing: [1],
};

/** A value at a path, beside what else is needed there. */
function at(path: string, value: unknown): object {
  const [group = "", name, inner] = path.split(".");
  if (name === undefined) return { [group]: value };
  const whole: Record<string, object> = { scorer: SCORER, session: SESSION, bundle: OPTIONS.bundle, profiles: { keys: [] } };
  return { [group]: { ...whole[group], [name]: inner === undefined ? value : { [inner]: value } } };
}

test("an option that can not be stops the start, and is named", () => {
  for (const [path, values] of Object.entries(WRONG)) {
    for (const value of values) {
      const options = { ...OPTIONS, trustedProxies: 1, identifierKey: "11".repeat(32), ...at(path, value) };
      assert.throws(() => protectFetch(handler, options), { name: "EdgewardError", code: "invalid_option", path }, `${path}: ${JSON.stringify(value)}`);
    }
  }
});

test("options that can be start", () => {
  const session = { ...SESSION, algorithms: ["ES256"], cookie: "__Host-app.sid", claims: { principal: "oid" } };
  const links = { stepUpUrl: "/step-up", appealUrl: "https://help.example", application: "app", originSecret: "s" };
  const store = { get: () => Promise.resolve(undefined), put: () => Promise.resolve() };
  protectFetch(handler, { ...OPTIONS, ...links, session, store, scorer: SCORER, trustedProxies: ["10.0.0.0/8"], debug: undefined });
});

test("of each adapter's own options, too", () => {
  const adapters: Record<string, [make: (options: object) => unknown, wrong: Record<string, unknown[]>]> = {
    node: [(own) => createMiddleware({ ...OPTIONS, ...own }), { trustedProxies: ["10.0.0.0/8", "1", true, null, {}, -1, 0.5, Number.NaN] }],
    fetch: [(own) => protectFetch(handler, { ...OPTIONS, ...own }), { trustedProxies: ["1"], "trustedProxies[0]": [[5], [null], ["x"]], peer: ["x"], waitUntil: [{}] }],
    hono: [(own) => edgeward({ ...OPTIONS, ...own }), { trustedProxies: [true], connInfo: [{}], platform: ["vercel"], trustedPeer: ["x"] }],
    next: [(own) => clientOf(own), { trustedProxies: ["1", null, ["10.0.0.0/8"]] }],
    workers: [(own) => protectWorker(handler, { ...OPTIONS, ...own }), { trustedPeer: ["x"], velocity: ["", null], origin: ["https://x"] }],
    "worker in front of an origin": [
      (own) => createWorker({ ...OPTIONS, ...(own as { origin: string }) }),
      { origin: [undefined, "", "not a url", "origin.example", "ftp://x", "http://x/base", "http://x/?", "http://u@x"] },
    ],
  };
  for (const [name, [make, wrong]] of Object.entries(adapters)) {
    for (const [path, values] of Object.entries(wrong)) {
      for (const value of values) {
        const own = { [path.replace(/\[.*/, "")]: value };
        assert.throws(() => make(own), { name: "EdgewardError", code: "invalid_option", path }, `${name}, ${path}: ${JSON.stringify(value)}`);
      }
    }
  }
  createWorker({ ...OPTIONS, origin: "http://127.0.0.1:1/" });
});

test("a facts hook that answers what are no facts is told of, and lets nobody in", async () => {
  const failing = (): unknown => Promise.reject(new Error("away"));
  for (const facts of [[], "u1", 5, true, null, Promise.resolve(CALM), { principal: "u1" }, failing]) {
    const codes: string[] = [];
    const host = protectFetch(handler, {
      allowUnsigned: true,
      bundle: { text: bundle() },
      facts: () => (typeof facts === "function" ? facts() : facts) as object,
      onProblem: ({ code }) => codes.push(code),
    });
    assert.equal((await host(new Request("http://app.example/"))).status, 403, JSON.stringify(facts));
    assert.ok(codes.includes("undecided"), JSON.stringify(facts));
  }
});
