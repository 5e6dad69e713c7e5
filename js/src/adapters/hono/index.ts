import "#engine";
import type { Context, MiddlewareHandler } from "hono";
import { Guard } from "../../guard.js";
import { FUNCTION, oneOf } from "../../kinds.js";
import type { Kind } from "../../kinds.js";
import type { GuardOptions, Passed, SignIn } from "../../options.js";
import { requirePeer, requireProxies } from "../client-address.js";
import { isTakenOver, isUpgrade, isWithholding, passOn, read, receive, refuseForgery, refuseToken, respond } from "../web.js";
import { clientOf } from "./client.js";
import type { HonoClientOptions } from "./client.js";

export type { TrustedPeer, TrustedProxies } from "../client-address.js";
export type { Passed } from "../../options.js";
export type { HonoClientOptions } from "./client.js";

export interface HonoOptions extends GuardOptions<globalThis.Request>, HonoClientOptions {}

const OWN_OPTIONS = {
  connInfo: FUNCTION,
  platform: oneOf("cloudflare"),
  trustedPeer: FUNCTION,
  trustedProxies: undefined,
} satisfies Partial<Record<keyof HonoOptions, Kind | undefined>>;

/** What the middleware adds to an application's context: `new Hono<EdgewardEnv>()`. */
export interface EdgewardEnv {
  Variables: { edgeward: Passed };
}

/**
 * Hono middleware: `app.use(edgeward(options))`. Put it first: what runs before it is not protected, and has read
 * bodies that can not be handed on. `context.get("edgeward")` has the decision, `context.req` the `edgeward-*`
 * headers; a client's own never arrive.
 *
 * An upgrade keeps the very request object the host gave, because Deno and Bun upgrade no copy: it carries no
 * headers of ours, and one that brings some is refused.
 * @throws {EdgewardError} if an option is malformed or the bundle is refused.
 */
export function edgeward(
  options: HonoOptions,
): MiddlewareHandler<EdgewardEnv> & { readonly guard: Guard<globalThis.Request> } {
  if (options.platform === undefined) requireProxies(options);
  else requirePeer(options);
  const client = clientOf(options);
  const guard = new Guard(options, { options: OWN_OPTIONS });
  const middleware: MiddlewareHandler<EdgewardEnv> = async (context, next) => {
    const request = context.req.raw;
    const upgrade = isUpgrade(request);
    const asked = read(request, client(context));
    if (upgrade && asked.forged.length > 0) return respond(refuseForgery(asked));
    const judgement = await guard.judge(asked);
    const answer = judgement.plan.kind === "answer" ? judgement.plan : upgrade && isWithholding(judgement) ? refuseToken(asked) : undefined;
    if (answer !== undefined) {
      keepAwake(context, judgement.after?.());
      return respond(answer, judgement.responseHeaders);
    }
    const passed: Passed = { ...judgement.record };
    context.set("edgeward", passed);
    let signIn: SignIn | undefined;
    try {
      if (!upgrade) context.req.raw = passOn(asked, judgement);
      await next();
      if (!isTakenOver(request, context.res)) {
        const { response, signIn: told } = receive(context.res, judgement);
        signIn = told;
        if (response !== context.res) replace(context, response);
      }
    } finally {
      keepAwake(context, judgement.after?.(passed.signIn ?? signIn));
    }
    return undefined;
  };
  return Object.assign(middleware, { guard });
}

/** Hono copies the headers of the response it has into one that is set; it must let go of that one first. */
function replace(context: Context, response: Response): void {
  context.res = undefined;
  context.res = response;
}

/** Where a host stops with the response, there is an execution context to say otherwise; asking for none throws. */
function keepAwake(context: Context, work: Promise<void> | undefined): void {
  if (work === undefined) return;
  try {
    context.executionCtx.waitUntil(work);
  } catch {
    // This host goes on by itself.
  }
}
