import "#engine";
import { refuseUndecided } from "../../challenge.js";
import { Guard } from "../../guard.js";
import { address, FUNCTION, OBJECT } from "../../kinds.js";
import type { Kind, Kinds } from "../../kinds.js";
import type { GuardOptions, Judgement, SignIn } from "../../options.js";
import { isTrusted, requirePeer } from "../client-address.js";
import type { TrustedPeer } from "../client-address.js";
import type { Asked } from "../headers.js";
import { mark, passOn, read as readRequest, receive, respond } from "../web.js";
import { clientFacts, httpVersion } from "./client.js";
import { VelocityClient } from "./velocity.js";
import type { VelocityNamespace } from "./velocity.js";

export type { TrustedPeer } from "../client-address.js";
export { VelocityCounter } from "./counter.js";
export type { CounterStorage } from "./counter.js";
export { cacheStore, kvStore } from "./store.js";
export type { KeyValueNamespace } from "./store.js";
export type { VelocityNamespace } from "./velocity.js";

export interface WorkerOptions extends GuardOptions<globalThis.Request> {
  /** Counts failed sign-ins of principals, and principals at addresses: a namespace of `VelocityCounter`. */
  velocity?: VelocityNamespace | undefined;
  /** Of whom `trustedHeaders` are believed; they need it. */
  trustedPeer?: TrustedPeer | undefined;
}

/** Those of a worker in front of an origin, which has an address. */
export interface OriginOptions extends WorkerOptions {
  origin: string;
}

const OWN_OPTIONS = { trustedPeer: FUNCTION, velocity: OBJECT } satisfies Partial<Record<keyof WorkerOptions, Kind>>;

/** The path is the request's. */
const ORIGIN: Kind = {
  ...address("an origin: http or https, a host, and a port or none", ({ href, origin }) => href === `${origin}/`),
  isNeeded: true,
};

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

/** What a module worker exports. */
export interface Worker<Env> {
  fetch: FetchHandler<Env>;
  /** The guard of this isolate: `guard.metrics`. Options made from bindings make it at the first request. */
  readonly guard: Guard<globalThis.Request> | undefined;
}

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
): Worker<Env> {
  return guarded((asked, judgement, env, context) => handler(passOn(asked, judgement), env, context), configure, OWN_OPTIONS);
}

/** A worker in front of an origin. `origin` is its address; method, path, query, headers and body are kept. */
export function createWorker<Env = unknown>(
  configure: Configure<Env, OriginOptions>,
): Worker<Env> {
  const options = once(configure);
  let origin: string | undefined;
  const pass: Pass<Env> = (asked, judgement, env) => {
    origin ??= new URL(options(env).origin).origin;
    return forward(asked, judgement, origin);
  };
  return guarded(pass, typeof configure === "function" ? options : configure, { ...OWN_OPTIONS, origin: ORIGIN });
}

/** What becomes of a request that may go on. */
type Pass<Env> = (
  asked: Asked<globalThis.Request>,
  judgement: Judgement,
  env: Env,
  context: Context,
) => Response | Promise<Response>;

function guarded<Env>(pass: Pass<Env>, configure: Configure<Env, WorkerOptions>, own: Kinds): Worker<Env> {
  const options = once(configure);
  let guard = typeof configure === "function" ? undefined : guardOf(configure, own);
  return {
    get guard() {
      return guard;
    },
    async fetch(request, env, context) {
      const asked = read(request);
      try {
        const configured = options(env);
        guard ??= guardOf(configured, own);
        asked.trustsPeer = isTrusted(configured.trustedPeer, request);
      } catch (error) {
        console.error(`edgeward: ${String(error)}`);
        return respond(refuseUndecided("CONFIGURATION", asked));
      }
      const judging = guard.judge(asked);
      // What is there is not waited for: whatever else is due would come first.
      const judgement = judging instanceof Promise ? await judging : judging;
      if (judgement.plan.kind === "answer") {
        follow(context, judgement.after?.());
        return respond(judgement.plan, judgement.responseHeaders);
      }
      let signIn: SignIn | undefined;
      try {
        const received = receive(await pass(asked, judgement, env, context), judgement);
        signIn = received.signIn;
        return received.response;
      } finally {
        follow(context, judgement.after?.(signIn));
      }
    },
  };
}

function guardOf(options: WorkerOptions, own: Kinds): Guard<globalThis.Request> {
  requirePeer(options);
  const { velocity } = options;
  return new Guard(options, {
    options: own,
    counters: velocity && ((engine, report) => new VelocityClient(velocity, engine, report)),
  });
}

function follow(context: Context, work: Promise<void> | undefined): void {
  if (work !== undefined) context.waitUntil(work);
}

/** One copy of the request, for another address and with other headers: copies are what costs most of all here. */
async function forward(
  asked: Asked<globalThis.Request>,
  judgement: Judgement,
  origin: string,
): Promise<Response> {
  // An address as the URL standard writes it: scheme, host, and what is kept.
  const [, host = "", rest = ""] = /^https?:\/\/(?:[^/@]*@)?([^/]*)(.*)$/.exec(asked.url) ?? [];
  const forwarded = new Request(origin + rest, asked.native);
  mark(forwarded.headers, asked, judgement).set("x-forwarded-host", host);
  // Redirects are for the client to follow. A request that comes from outside is of that kind, and to say it again would
  // make another copy.
  const init = forwarded.redirect === "manual" ? undefined : ({ redirect: "manual" } as const);
  try {
    return await fetch(forwarded, init);
  } catch (error) {
    console.error(`edgeward: the origin can not be reached: ${String(error)}`);
    return new Response("The origin can not be reached.\n", { status: 502 });
  }
}

function once<Env, Options>(configure: Configure<Env, Options>): (env: Env) => Options {
  let options: Options | undefined;
  return (env) => (options ??= typeof configure === "function" ? (configure as (env: Env) => Options)(env) : configure);
}

function read(request: globalThis.Request): Asked<globalThis.Request> {
  return readRequest(request, {
    url: new URL(request.url),
    version: httpVersion(request),
    facts: clientFacts(request),
    trustsPeer: false,
  });
}
