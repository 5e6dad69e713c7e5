// What the adapters share that speak the Fetch standard's `Request` and `Response`.
import { explain } from "../answer.js";
import type { Answered, Asker } from "../answer.js";
import { merge } from "../facts.js";
import { PREFIX } from "../origin.js";
import type { HostRequest, Judgement, SignIn } from "../options.js";
import type { Request } from "../types.js";
import { randomCode } from "../support-code.js";
import { factHeaders } from "./headers.js";

/**
 * How a handler or origin reports that a request was a sign-in: `success` or `failure`, and as whom it was tried,
 * percent-encoded: `failure; principal=u%201`. Taken off the response, and told to the scorer in the receipt.
 */
export const SIGN_IN_HEADER = "edgeward-sign-in";

/** What an adapter knows of a request that the request itself does not tell. */
export interface Told {
  /** The address as the client wrote it. */
  url: URL;
  /** What the platform vouches for. */
  facts: Request;
  /** Whether the connection comes from a host that `trustedHeaders` may be believed of. */
  trustsPeer: boolean;
}

export function read(request: globalThis.Request, { url, facts, trustsPeer }: Told): HostRequest<globalThis.Request> {
  return {
    native: request,
    method: request.method,
    url: url.href,
    header: (name) => request.headers.get(name) ?? undefined,
    trustsPeer,
    facts: merge(
      {
        http: {
          method: request.method,
          scheme: url.protocol === "https:" ? "https" : "http",
          host: url.hostname,
          path: url.pathname,
          headers: factHeaders(request.headers),
        },
      },
      facts,
    ),
  };
}

export function respond({ status, headers, body }: Answered, more: Readonly<Record<string, string>> = {}): Response {
  return new Response(body === "" ? null : body, { status, headers: { ...headers, ...more } });
}

/** Makes headers say what was decided, and drops every `edgeward-*` of the client's own. */
export function mark(headers: Headers, { originHeaders }: Judgement): Headers {
  for (const name of [...headers.keys()]) if (name.startsWith(PREFIX)) headers.delete(name);
  for (const [name, value] of Object.entries(originHeaders)) headers.set(name, value);
  return headers;
}

/** The request as the handler sees it. Its body is handed on unread. */
export function passOn(request: globalThis.Request, judgement: Judgement): globalThis.Request {
  const forwarded = new Request(request);
  mark(forwarded.headers, judgement);
  return forwarded;
}

/** A response is copied only where something has to change: a copy costs, and loses nothing but time. */
export function decorate(response: Response, { responseHeaders }: Judgement): Response {
  const additions = Object.entries(responseHeaders);
  if (additions.length === 0 && !response.headers.has(SIGN_IN_HEADER)) return response;
  const decorated = new Response(response.body, response);
  decorated.headers.delete(SIGN_IN_HEADER);
  for (const [name, value] of additions) decorated.headers.append(name, value);
  return decorated;
}

/** A request to speak another protocol on this connection: WebSocket. */
export function isUpgrade(request: globalThis.Request): boolean {
  return request.headers.has("upgrade");
}

/** Whether the client wrote headers that only Edgeward sets. */
export function forges(request: globalThis.Request): boolean {
  for (const name of request.headers.keys()) if (name.startsWith(PREFIX)) return true;
  return false;
}

export function refuseForgery(asker: Asker): Answered {
  return explain(asker, {
    status: 403,
    code: "blocked",
    title: "Access was refused",
    text: `An upgrade may not bring \`${PREFIX}…\` headers.`,
    supportCode: randomCode(),
  });
}

export function readSignIn(response: Response): SignIn | undefined {
  const value = response.headers.get(SIGN_IN_HEADER);
  const [, result, id] = /^(success|failure)(?:; *principal=([^;\s]+))?$/.exec(value ?? "") ?? [];
  if (result === undefined) return undefined;
  return { succeeded: result === "success", principal: id === undefined ? undefined : decode(id) };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
