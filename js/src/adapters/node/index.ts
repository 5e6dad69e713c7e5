import "#engine";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { EdgewardError } from "../../errors.js";
import { known } from "../../facts.js";
import { Guard } from "../../guard.js";
import type { DecisionRecord, GuardOptions, HostRequest, SignIn } from "../../guard.js";
import { PREFIX } from "../../origin.js";
import type { Request, TlsFacts } from "../../types.js";
import { factHeaders } from "../headers.js";
import { ClientAddress } from "./client.js";
import type { TrustedProxies } from "./client.js";

export type { TrustedProxies } from "./client.js";

export interface NodeOptions extends Omit<GuardOptions<IncomingMessage>, "originSecret"> {
  /** Hosts in front that are believed about the client: a count, or CIDR ranges. Default: none. */
  trustedProxies?: TrustedProxies | undefined;
}

/** What the application learns of a request that passed; `request.edgeward`. */
export interface Passed extends Partial<DecisionRecord> {
  /** Set by the application when the request was a sign-in. */
  signIn?: SignIn;
}

declare module "node:http" {
  interface IncomingMessage {
    edgeward?: Passed;
  }
}

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Middleware for Express and Connect. Put it first: what runs before it is not protected.
 * @throws {EdgewardError} if an option is malformed or the bundle is refused.
 */
export function createMiddleware(options: NodeOptions): Middleware {
  if (options.trustedHeaders !== undefined && options.trustedProxies === undefined) {
    throw new EdgewardError("invalid_option", "without `trustedProxies` anyone could state the `trustedHeaders`", {
      path: "trustedHeaders",
    });
  }
  const guard = new Guard<IncomingMessage>(options);
  const addresses = new ClientAddress(options.trustedProxies);
  return (request, response, next) => {
    void guard.judge(read(request, addresses)).then((judgement) => {
      const passed: Passed = { ...judgement.record };
      response.once("close", () => void judgement.after(passed.signIn));
      for (const [name, value] of Object.entries(judgement.responseHeaders)) response.setHeader(name, value);
      if (judgement.plan.kind === "answer") {
        const { status, headers, body } = judgement.plan;
        response.writeHead(status, headers).end(body);
        return;
      }
      stripHeaders(request);
      Object.assign(request.headers, judgement.originHeaders);
      request.edgeward = passed;
      next();
    });
  };
}

/** Puts Edgeward in front of a plain `node:http` listener. */
export function protect(listener: RequestListener, options: NodeOptions): RequestListener {
  const middleware = createMiddleware(options);
  return (request, response) => middleware(request, response, () => listener(request, response));
}

function read(request: IncomingMessage, addresses: ClientAddress): HostRequest<IncomingMessage> {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === "object" ? value.join(", ") : value;
  };
  const socket = request.socket as Partial<TLSSocket>;
  const client = addresses.of(socket.remoteAddress, header("x-forwarded-for"));
  const forwarded = client.trustsPeer ? header("x-forwarded-proto") : undefined;
  const scheme = (forwarded ?? (socket.encrypted === true ? "https" : "http")) === "https" ? "https" : "http";
  // Express cuts its mount point off `url`; what the client asked for is `originalUrl`.
  const target = (request as { originalUrl?: string }).originalUrl ?? request.url ?? "/";
  const host = header("host");
  const url = `${scheme}://${host ?? "localhost"}${target.startsWith("/") ? target : "/"}`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return {
    native: request,
    method: request.method ?? "GET",
    url: parsed?.href ?? "http://localhost/",
    header,
    trustsPeer: client.trustsPeer,
    facts: {
      http: known({
        method: request.method,
        scheme: scheme as "http" | "https",
        host: host === undefined ? undefined : parsed?.hostname,
        path: parsed?.pathname ?? target.split("?")[0],
        version: request.httpVersion === "1.0" ? ("1.0" as const) : ("1.1" as const),
        headers: factHeaders(pairs(request.rawHeaders)),
      }),
      client: known({ ip: client.ip }),
      tls: tlsFacts(socket),
      transport: { headerOrder: headerOrder(request.rawHeaders) },
    } satisfies Request,
  };
}

function tlsFacts(socket: Partial<TLSSocket>): TlsFacts {
  if (socket.encrypted !== true) return {};
  const certificate = socket.getPeerCertificate?.();
  return known({
    version: socket.getProtocol?.()?.replace(/^TLSv/, ""),
    clientCert: {
      presented: certificate !== undefined && Object.keys(certificate).length > 0,
      verified: socket.authorized === true,
    },
  });
}

function* pairs(raw: readonly string[]): Iterable<[string, string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    yield [(raw[index] ?? "").toLowerCase(), raw[index + 1] ?? ""];
  }
}

function headerOrder(raw: readonly string[]): string[] {
  return raw.filter((_, index) => index % 2 === 0 && index < 200).map((name) => name.toLowerCase());
}

function stripHeaders(request: IncomingMessage): void {
  for (const name of Object.keys(request.headers)) if (name.startsWith(PREFIX)) delete request.headers[name];
}
