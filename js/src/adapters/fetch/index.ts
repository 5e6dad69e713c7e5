import "#engine";
import { Guard } from "../../guard.js";
import { FUNCTION } from "../../kinds.js";
import type { Kind } from "../../kinds.js";
import type { GuardOptions, SignIn } from "../../options.js";
import { requireProxies } from "../client-address.js";
import type { TrustedProxies } from "../client-address.js";
import { isTakenOver, isUpgrade, isWithholding, passOn, read, receive, refuseForgery, refuseToken, respond } from "../web.js";
import { WebClient } from "./client.js";

export type { TrustedProxies } from "../client-address.js";
export { bunPeer, denoPeer } from "./client.js";
export type { BunServer, DenoInfo } from "./client.js";

/** What a server of the Fetch standard calls: Deno, Bun, and whatever else hands out `Request`. */
export type Handler<Rest extends unknown[]> = (
  request: globalThis.Request,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Given what the host hands its handlers beside the request. `any`, because a handler that ignores it has no type for
 * it, and the one of `peer` or `waitUntil` is then the only one there is.
 */
type ByHost<T> = (request: globalThis.Request, ...rest: any[]) => T;

export interface FetchOptions extends GuardOptions<globalThis.Request> {
  /** Address of whoever is connected: `denoPeer`, `bunPeer`, or what your host has. Without it, unknown. */
  peer?: ByHost<string | undefined> | undefined;
  /** Hosts in front that are believed about the client: a count, or CIDR ranges. Default: none. */
  trustedProxies?: TrustedProxies | undefined;
  /** Hands the host what follows an answer, to stay awake for. Needed where a host stops with the response. */
  waitUntil?: ByHost<(work: Promise<void>) => void> | undefined;
}

const OWN_OPTIONS = {
  peer: FUNCTION,
  trustedProxies: undefined,
  waitUntil: FUNCTION,
} satisfies Partial<Record<keyof FetchOptions, Kind | undefined>>;

/**
 * Puts Edgeward in front of a fetch handler. The handler sees only requests that may go on, with `edgeward-*`
 * headers that tell it what was decided; a client's own `edgeward-*` headers never reach it.
 *
 * An upgrade is handed on as the very object the host gave, because Deno and Bun upgrade no copy: it carries no
 * headers of ours, and one that brings some is refused.
 * @throws {EdgewardError} if an option is malformed or the bundle is refused.
 */
export function protect<Rest extends unknown[]>(
  handler: Handler<Rest>,
  options: FetchOptions,
): ((request: globalThis.Request, ...rest: Rest) => Promise<Response>) & { readonly guard: Guard<globalThis.Request> } {
  requireProxies(options);
  const guard = new Guard(options, { options: OWN_OPTIONS });
  const client = new WebClient(options.trustedProxies);
  const protectedHandler = async (request: globalThis.Request, ...rest: Rest): Promise<Response> => {
    const asked = read(request, client.of(request, options.peer?.(request, ...rest)));
    if (isUpgrade(request) && asked.forged.length > 0) return respond(refuseForgery(asked));
    const judgement = await guard.judge(asked);
    let signIn: SignIn | undefined;
    try {
      if (judgement.plan.kind === "answer") return respond(judgement.plan, judgement.responseHeaders);
      if (isUpgrade(request) && isWithholding(judgement)) return respond(refuseToken(asked), judgement.responseHeaders);
      const response = await handler(isUpgrade(request) ? request : passOn(asked, judgement), ...rest);
      if (isTakenOver(request, response)) return response;
      const received = receive(response, judgement);
      signIn = received.signIn;
      return received.response;
    } finally {
      const work = judgement.after?.(signIn);
      if (work !== undefined) options.waitUntil?.(request, ...rest)(work);
    }
  };
  return Object.assign(protectedHandler, { guard });
}
