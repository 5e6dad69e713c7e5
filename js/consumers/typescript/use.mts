// Compiled, never run: what users write must type-check, and what is wrong must not.
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
import type { NextFetchEvent, NextProxy, NextRequest } from "next/server.js";
import { decisionLine, EdgewardError, Engine, factsFromFixtures, Guard, verifyResult } from "edgeward";
import type { Decision, Meter, Metrics, Outcome, Request as Facts, Store } from "edgeward";
import { initialize, pageRequest } from "edgeward/browser";
import { initializeCompiler } from "edgeward/browser/compiler";
import { compile, lint, whatIf } from "edgeward/compiler";
import { edgeward as plugin } from "edgeward/fastify";
import { bunPeer, denoPeer, protect as protectFetch } from "edgeward/fetch";
import { edgeward } from "edgeward/hono";
import type { EdgewardEnv } from "edgeward/hono";
import { createProxy, protect as protectRoute } from "edgeward/next";
import { createMiddleware, protect } from "edgeward/node";
import { cacheStore, createWorker, kvStore, protect as protectWorker } from "edgeward/workers";

const facts: Facts = { time: 1, principal: { kind: "user", id: null, groups: [] } };
const decision: Decision = new Engine({ allowUnsigned: true }).evaluate(facts);
export const outcome: Outcome = decision.outcome;
// @ts-expect-error: no kind of principal
export const wrong: Facts = { principal: { kind: "robot" } };

const { bundle, warnings } = compile("{}");
export const issues: string[] = [...warnings, ...lint(bundle)].map(({ path }) => path);
export const answer: unknown = whatIf("{}", {});
initializeCompiler(new Uint8Array());
// @ts-expect-error: text, not an object
compile({ schema: 1 });

const options = { publicKeys: [], stepUpUrl: "/verify", facts: factsFromFixtures({ default: facts }) };

const app = express();
const middleware = createMiddleware({ ...options, trustedProxies: ["10.0.0.0/8"], onDecision: (record) => decisionLine(record) });
app.use(middleware);
app.get("/", (request, response) => response.json(request.edgeward?.decision?.agent.class));
export const metrics: Metrics = middleware.guard.metrics;
// @ts-expect-error: "believe the header" is not an option
createMiddleware({ trustedProxies: true });

const server = fastify();
await server.register(plugin, options);
server.get("/", (request) => request.edgeward?.decision?.outcome);
export const deferRate: number = server.edgeward.metrics.deferRate;

const hono = new Hono<EdgewardEnv>();
hono.use(edgeward({ ...options, connInfo: getConnInfo }));
hono.get("/", (context) => context.json(context.get("edgeward").decision?.outcome));
// @ts-expect-error: no platform that vouches for anything
edgeward({ platform: "somewhere" });

export const deno = protectFetch(() => new Response(), { ...options, peer: denoPeer });
export const bun = protectFetch(() => new Response(), { ...options, peer: bunPeer });
export const plain = protectFetch((request: Request) => new Response(request.url), options);

export const proxy: NextProxy = createProxy({ ...options, platform: "vercel" });
export const next = (request: NextRequest, event: NextFetchEvent): Promise<Response> => createProxy(options)(request, event);
export const GET = protectRoute((request: NextRequest) => Response.json(request.nextUrl.pathname), options);
// @ts-expect-error: Next tells no connection to compare ranges with
createProxy({ trustedProxies: ["10.0.0.0/8"] });

interface Env {
  ORIGIN: string;
  KV: { get(key: string): Promise<string | null>; put(key: string, value: string): Promise<void> };
}
export const worker = createWorker((env: Env) => ({ origin: env.ORIGIN, onNoBundle: "allow", store: kvStore(env.KV) }));
export const own = protectWorker(() => new Response(), { store: cacheStore() });

const store: Store = { get: () => Promise.resolve(undefined), put: () => Promise.resolve() };
declare const meter: Meter;
export const guard = new Guard<Request>({ store, meter });
export const page: Facts = pageRequest("https://app.example/", navigator);
export { EdgewardError, initialize, protect, verifyResult };
