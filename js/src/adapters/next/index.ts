import "#engine";
import { after, NextRequest, NextResponse } from "next/server.js";
import { Guard } from "../../guard.js";
import { FUNCTION, oneOf } from "../../kinds.js";
import type { Kind } from "../../kinds.js";
import type { GuardOptions, SignIn } from "../../options.js";
import { requirePeer, requireProxies } from "../client-address.js";
import { mark, read, receive, respond } from "../web.js";
import { clientOf } from "./client.js";
import type { NextClientOptions } from "./client.js";

export type { TrustedPeer } from "../client-address.js";
export type { NextClientOptions } from "./client.js";

export interface NextOptions extends GuardOptions<globalThis.Request>, NextClientOptions {}

const OWN_OPTIONS = {
  platform: oneOf("vercel"),
  trustedPeer: FUNCTION,
  trustedProxies: undefined,
} satisfies Partial<Record<keyof NextOptions, Kind | undefined>>;

/** The part of Next's `NextFetchEvent` that is used. */
export interface FetchEvent {
  waitUntil(work: Promise<unknown>): void;
}

interface Guarded {
  /** The guard behind it: `guard.metrics`. */
  readonly guard: Guard<globalThis.Request>;
}

/**
 * For `proxy.ts`: `export const proxy = createProxy(options)`. Pages and routes see only requests that may go on,
 * with `edgeward-*` headers that tell what was decided; a client's own never arrive. Which paths are covered is a
 * matter of the file's `config.matcher`.
 * @throws {EdgewardError} if an option is malformed or the bundle is refused.
 */
export function createProxy(
  options: NextOptions,
): ((request: globalThis.Request, event: FetchEvent) => Promise<Response>) & Guarded {
  const { guard, judge } = guarded(options);
  const proxy = async (request: globalThis.Request, event: FetchEvent): Promise<Response> => {
    const { asked, judgement } = await judge(request);
    const work = judgement.after?.();
    if (work !== undefined) event.waitUntil(work);
    if (judgement.plan.kind === "answer") return respond(judgement.plan, judgement.responseHeaders);
    const headers = mark(new Headers(request.headers), asked, judgement);
    return receive(NextResponse.next({ request: { headers } }), judgement).response;
  };
  return Object.assign(proxy, { guard });
}

/**
 * For one route handler: `export const GET = protect(async (request) => …, options)`. Unlike the proxy it sees the
 * response, so that a handler can report a sign-in with the header `edgeward-sign-in`.
 * @throws {EdgewardError} if an option is malformed or the bundle is refused.
 */
export function protect<R extends globalThis.Request, Context = unknown>(
  handler: (request: R, context: Context) => Response | Promise<Response>,
  options: NextOptions,
): ((request: R, context: Context) => Promise<Response>) & Guarded {
  const { guard, judge } = guarded(options);
  const route = async (request: R, context: Context): Promise<Response> => {
    const { asked, judgement } = await judge(request);
    let signIn: SignIn | undefined;
    const { after: follow } = judgement;
    if (follow !== undefined) after(() => follow(signIn));
    if (judgement.plan.kind === "answer") return respond(judgement.plan, judgement.responseHeaders);
    const headers = mark(new Headers(request.headers), asked, judgement);
    const response = await handler(new NextRequest(request, { headers }) as R, context);
    const received = receive(response, judgement);
    signIn = received.signIn;
    return received.response;
  };
  return Object.assign(route, { guard });
}

function guarded(options: NextOptions) {
  if (options.platform === undefined) requireProxies(options);
  else requirePeer(options);
  const client = clientOf(options);
  const guard = new Guard(options, { options: OWN_OPTIONS });
  const judge = async (request: globalThis.Request) => {
    const asked = read(request, client(request));
    return { asked, judgement: await guard.judge(asked) };
  };
  return { guard, judge };
}
