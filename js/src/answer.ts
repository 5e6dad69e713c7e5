import { CONTENT_SECURITY_POLICY, render } from "./page.js";

export interface Answered {
  kind: "answer";
  status: 302 | 401 | 403;
  headers: Record<string, string>;
  body: string;
}

/** Stable codes of the answers a client may see; never reused. */
export type AnswerCode = "blocked" | "verification_required" | "verification_incomplete" | "no_decision";

/** The parts of a request that shape an answer to it. */
export interface Asker {
  method: string;
  /** As the client asked for it. */
  url: string;
  header(name: string): string | undefined;
}

/** What is to be said, to a person and to a program. */
export interface Explanation {
  status: 401 | 403;
  code: AnswerCode;
  title: string;
  text: string;
  supportCode: string;
  /** What must be met, if anything would help. */
  controls?: readonly string[];
  /** Where a person can object. */
  appeal?: string | undefined;
}

/** Error codes of JSON-RPC answers, from the range that JSON-RPC 2.0 leaves to servers. Never reused. */
const JSON_RPC_CODES: Record<AnswerCode, number> = {
  blocked: -32030,
  verification_required: -32031,
  verification_incomplete: -32032,
  no_decision: -32033,
};

/** A page for a person, a JSON-RPC error for its clients, RFC 9457 problem details for everything else. */
export function explain(asker: Asker, explanation: Explanation): Answered {
  const { status, code, title, text, supportCode, controls, appeal } = explanation;
  const headers: Record<string, string> = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  if (isNavigation(asker)) {
    headers["content-type"] = "text/html; charset=utf-8";
    headers["content-security-policy"] = CONTENT_SECURITY_POLICY;
    headers["referrer-policy"] = "no-referrer";
    const link = appeal === undefined ? undefined : { label: "Ask for this to be looked at", href: appeal };
    return { kind: "answer", status, headers, body: render({ title, text, supportCode, link }) };
  }
  const problem = { type: "about:blank", title, status, detail: text, code, supportCode, controls, appeal };
  if (isJsonRpc(asker)) {
    headers["content-type"] = "application/json";
    // The call's own id is in its body, which is not ours to read: null, as JSON-RPC 2.0 §5 has it then.
    const error = { code: JSON_RPC_CODES[code], message: `${title}. ${text}`, data: problem };
    return { kind: "answer", status, headers, body: JSON.stringify({ jsonrpc: "2.0", id: null, error }) };
  }
  headers["content-type"] = "application/problem+json";
  return { kind: "answer", status, headers, body: asker.method === "HEAD" ? "" : JSON.stringify(problem) };
}

/**
 * Whether a browser asks for a page to show, so that a redirect reaches a person. Fetch metadata tells
 * (https://www.w3.org/TR/fetch-metadata/); browsers that send none are known by what they accept.
 */
export function isNavigation({ method, header }: Asker): boolean {
  if (method !== "GET") return false;
  const mode = header("sec-fetch-mode");
  if (mode !== undefined) return mode === "navigate";
  return (header("accept") ?? "").includes("text/html");
}

/**
 * Whether the client speaks JSON-RPC over HTTP: it says so, or it keeps the rules of MCP's Streamable HTTP
 * transport, whose clients name the protocol version once they know it and accept both kinds of answer from the
 * first call on (https://modelcontextprotocol.io/specification/2025-06-18/basic/transports).
 */
function isJsonRpc({ method, header }: Asker): boolean {
  // MCP also listens by GET and ends its session by DELETE, naming the version.
  if (header("mcp-protocol-version") !== undefined) return method !== "HEAD" && method !== "OPTIONS";
  if (method !== "POST") return false;
  const type = header("content-type") ?? "";
  if (type.startsWith("application/json-rpc")) return true;
  const accept = header("accept") ?? "";
  return type.startsWith("application/json") && accept.includes("application/json") && accept.includes("text/event-stream");
}

/**
 * Whether a browser asks on a page's behalf if it may ask (CORS preflight). It does so without cookies or tokens,
 * whoever is signed in.
 */
export function isPreflight({ method, header }: Asker): boolean {
  return method === "OPTIONS" && header("origin") !== undefined && header("access-control-request-method") !== undefined;
}
