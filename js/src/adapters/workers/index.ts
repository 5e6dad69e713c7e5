import "#engine";
import { refuseUndecided } from "../../challenge.js";
import { merge } from "../../facts.js";
import { Guard } from "../../guard.js";
import type { GuardOptions, HostRequest, Judgement, SignIn } from "../../options.js";
import { decorate, mark, passOn, read as readRequest, readSignIn, respond } from "../web.js";
import { clientFacts, httpVersion } from "./client.js";

export { cacheStore, kvStore } from "./store.js";
export type { KeyValueNamespace } from "./store.js";

export type WorkerOptions = GuardOptions<globalThis.Request>;

/** The part of a worker's execution context that is used. */
export interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** A fetch handler, as a module worker exports it. */
export type FetchHandler<Env> = (
  request: globalThis.Request,
  env: Env,
  context: Context,
) => Response | Promise<Response>;

/** Options, or how to make them from the worker's bindings; made once per isolate. */
export type Configure<Env, Options> = Options | ((env: Env) => Options);

/**
 * Puts Edgeward in front of a fetch handler. The handler sees only requests that may go on, with `edgeward-*`
 * headers that tell it what was decided; a client's own `edgeward-*` headers never reach it.
 *
 * Options given as they are are checked at once, so that a mistake fails the deployment. Options made from bindings
 * are checked at the first request: a mistake is logged, and every request is refused with a 403.
 */
export function protect<Env = unknown>(
  handler: FetchHandler<Env>,
  configure: Configure<Env, WorkerOptions>,
): { fetch: FetchHandler<Env> } {
  return guarded((request, judgement, env, context) => handler(passOn(request, judgement), env, context), configure);
}

/** A worker in front of an origin. `origin` is its address; method, path, query, headers and body are kept. */
export function createWorker<Env = unknown>(
  configure: Configure<Env, WorkerOptions & { origin: string }>,
): { fetch: FetchHandler<Env> } {
  const options = once(configure);
  let origin: URL | undefined;
  return guarded((request, judgement, env) => {
    origin ??= new URL(options(env).origin);
    return forward(request, judgement, origin);
  }, typeof configure === "function" ? options : configure);
}

/** What becomes of a request that may go on. */
type Pass<Env> = (
  request: globalThis.Request,
  judgement: Judgement,
  env: Env,
  context: Context,
) => Response | Promise<Response>;

function guarded<Env>(pass: Pass<Env>, configure: Configure<Env, WorkerOptions>): { fetch: FetchHandler<Env> } {
  const options = once(configure);
  let guard = typeof configure === "function" ? undefined : new Guard(configure);
  return {
    async fetch(request, env, context) {
      const asked = read(request);
      try {
        guard ??= new Guard(options(env));
      } catch (error) {
        console.error(`edgeward: ${String(error)}`);
        return respond(refuseUndecided("CONFIGURATION", asked));
      }
      const judgement = await guard.judge(asked);
      if (judgement.plan.kind === "answer") {
        context.waitUntil(judgement.after());
        return respond(judgement.plan, judgement.responseHeaders);
      }
      let signIn: SignIn | undefined;
      try {
        const response = await pass(request, judgement, env, context);
        signIn = readSignIn(response);
        return decorate(response, judgement);
      } finally {
        context.waitUntil(judgement.after(signIn));
      }
    },
  };
}

/** One copy of the request, for another address and with other headers: copies are what costs most of all here. */
async function forward(request: globalThis.Request, judgement: Judgement, origin: URL): Promise<Response> {
  const target = new URL(request.url);
  const { host } = target;
  target.protocol = origin.protocol;
  target.host = origin.host;
  const forwarded = new Request(target, request);
  mark(forwarded.headers, judgement).set("x-forwarded-host", host);
  try {
    return await fetch(forwarded, { redirect: "manual" });
  } catch (error) {
    console.error(`edgeward: the origin can not be reached: ${String(error)}`);
    return new Response("The origin can not be reached.\n", { status: 502 });
  }
}

function once<Env, Options>(configure: Configure<Env, Options>): (env: Env) => Options {
  let options: Options | undefined;
  return (env) => (options ??= typeof configure === "function" ? (configure as (env: Env) => Options)(env) : configure);
}

function read(request: globalThis.Request): HostRequest<globalThis.Request> {
  return readRequest(request, {
    url: new URL(request.url),
    facts: merge({ http: { version: httpVersion(request) ?? null } }, clientFacts(request)),
    trustsPeer: true, // Who else can reach a worker is a matter of its routes.
  });
}
