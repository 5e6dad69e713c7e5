// What the adapters share that speak the Fetch standard's `Request` and `Response`.
import { explain } from "../answer.js";
import type { Answered, Asker } from "../answer.js";
import { PREFIX } from "../origin.js";
import type { Judgement, SignIn } from "../options.js";
import type { HttpFacts, Request } from "../types.js";
import { randomCode } from "../support-code.js";
import { readHeaders } from "./headers.js";
import type { Asked } from "./headers.js";

/**
 * How a handler or origin reports that a request was a sign-in: `success` or `failure`, and as whom it was tried,
 * percent-encoded: `failure; principal=u%201`. Taken off the response, and told to the scorer in the receipt.
 */
export const SIGN_IN_HEADER = "edgeward-sign-in";

/** What an adapter knows of a request that the request itself does not tell. */
export interface Told {
  /** The address as the client wrote it. */
  url: URL;
  /** The protocol the client spoke, if the platform tells. */
  version?: HttpFacts["version"];
  /** What the platform vouches for, beside the request itself. */
  facts: Omit<Request, "http">;
  /** Whether the connection comes from a host that `trustedHeaders` may be believed of. */
  trustsPeer: boolean;
}

export function read(
  request: globalThis.Request,
  { url, version, facts, trustsPeer }: Told,
): Asked<globalThis.Request> {
  const { method, headers } = request;
  const { facts: told, forged } = readHeaders(headers);
  return {
    native: request,
    method,
    url: url.href,
    header: (name) => headers.get(name) ?? undefined,
    forged,
    trustsPeer,
    facts: {
      ...facts,
      http: {
        method,
        scheme: url.protocol === "https:" ? "https" : "http",
        host: url.hostname,
        path: url.pathname,
        version,
        headers: told,
      },
    },
  };
}

export function respond({ status, headers, body }: Answered, more: Readonly<Record<string, string>> = {}): Response {
  return new Response(body === "" ? null : body, { status, headers: { ...headers, ...more } });
}

/** Makes headers say what was decided, and drops every `edgeward-*` of the client's own and every token that does not count. */
export function mark(
  headers: Headers,
  { forged }: Asked<globalThis.Request>,
  { originHeaders, withheld }: Judgement,
): Headers {
  for (const name of forged) headers.delete(name);
  for (const name in withheld) {
    const left = withheld[name];
    if (left === undefined) headers.delete(name);
    else headers.set(name, left);
  }
  for (const name in originHeaders) headers.set(name, originHeaders[name] as string);
  return headers;
}

/** The request as the handler sees it. Its body is handed on unread. */
export function passOn(asked: Asked<globalThis.Request>, judgement: Judgement): globalThis.Request {
  const forwarded = new Request(asked.native);
  mark(forwarded.headers, asked, judgement);
  return forwarded;
}

/** Takes the word about a sign-in off a response, and tells it to the client no more. */
export function receive(response: Response, judgement: Judgement): { response: Response; signIn: SignIn | undefined } {
  const told = response.headers.get(SIGN_IN_HEADER);
  return { response: decorate(response, told !== null, judgement), signIn: told === null ? undefined : readSignIn(told) };
}

/** A response is copied only where something has to change: a copy costs, and loses nothing but time. */
function decorate(response: Response, tellsSignIn: boolean, { responseHeaders }: Judgement): Response {
  const additions = Object.entries(responseHeaders);
  if (additions.length === 0 && !tellsSignIn) return response;
  const decorated = new Response(response.body, response);
  decorated.headers.delete(SIGN_IN_HEADER);
  for (const [name, value] of additions) decorated.headers.append(name, value);
  return decorated;
}

/** A request to speak WebSocket on this connection (RFC 6455 §4.1). Others that name a protocol are requests as any. */
export function isUpgrade({ method, headers }: globalThis.Request): boolean {
  return method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket" && headers.has("sec-websocket-key");
}

/** Whether the host has taken the connection over, and the response is its own: nothing of it may be copied. */
export function isTakenOver(request: globalThis.Request, response: Response | undefined): boolean {
  return isUpgrade(request) && response?.headers.has(SIGN_IN_HEADER) !== true;
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

/** An upgrade that can not be copied can not be rid of a token either: who brings one that does not count signs in first. */
export function refuseToken(asker: Asker): Answered {
  return explain(asker, {
    status: 403,
    code: "blocked",
    title: "Access was refused",
    text: "The session has ended. Please sign in again.",
    supportCode: randomCode(),
  });
}

/** Whether something of the client's own must not go on. */
export function isWithholding({ withheld }: Judgement): boolean {
  return Object.keys(withheld).length > 0;
}

function readSignIn(value: string): SignIn | undefined {
  const [, result, id] = /^(success|failure)(?:; *principal=([^;\s]+))?$/.exec(value) ?? [];
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
