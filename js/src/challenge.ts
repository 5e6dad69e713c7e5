import { CONTENT_SECURITY_POLICY, render } from "./page.js";
import type { Page } from "./page.js";
import { cookie } from "./session.js";
import type { Decision } from "./types.js";

/** What to do with a request: pass it on, or answer it here. */
export type Plan = { kind: "pass" } | Answered;

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

/** After this many redirects to the step-up address within {@link LOOP_SECONDS} a person is told instead. */
const LOOP_LIMIT = 3;
const LOOP_SECONDS = 120;
const LOOP_COOKIE = "edgeward_step_up";

/** The host's answer to a decision that is final. */
export function plan(decision: Decision, asker: Asker, stepUpUrl: string | undefined): Plan {
  switch (decision.outcome) {
    case "allow":
      return { kind: "pass" };
    case "challenge":
      return challenge(decision, asker, stepUpUrl);
    case "block":
    case "defer": // Deferred and nobody left to ask: never pass what is not decided.
      return explain(403, "blocked", asker, {
        title: "Access was refused",
        text: "This request is not allowed. If you think this is a mistake, quote the support code.",
        supportCode: decision.supportCode,
      });
  }
}

/** The answer when the engine could not be asked: no bundle yet, or it failed on this very request. */
export function refuseUndecided(supportCode: string, asker: Asker): Answered {
  return explain(403, "no_decision", asker, {
    title: "Access can not be decided now",
    text: "Please try again in a moment. If it stays like this, quote the support code.",
    supportCode,
  });
}

function challenge(decision: Decision, asker: Asker, stepUpUrl: string | undefined): Answered {
  const { controls, supportCode } = decision;
  if (stepUpUrl === undefined || !isNavigation(asker)) return claimsChallenge(decision, asker, stepUpUrl);
  const steps = Number(cookie(asker.header("cookie"), LOOP_COOKIE) ?? 0) || 0;
  const target = new URL(stepUpUrl, asker.url);
  if (steps >= LOOP_LIMIT || isSamePage(target, asker.url)) {
    return explain(403, "verification_incomplete", asker, {
      title: "Verification did not complete",
      text: `You were sent to verify, and what is needed is still missing: ${controls.join(", ")}.`,
      supportCode,
    });
  }
  target.searchParams.set("return_to", asker.url);
  target.searchParams.set("controls", controls.join(","));
  target.searchParams.set("support_code", supportCode);
  const secure = asker.url.startsWith("https:") ? "; Secure" : "";
  return {
    kind: "answer",
    status: 302,
    headers: {
      location: target.href,
      "cache-control": "no-store",
      "set-cookie": `${LOOP_COOKIE}=${steps + 1}; Max-Age=${LOOP_SECONDS}; Path=/; HttpOnly; SameSite=Lax${secure}`,
    },
    body: "",
  };
}

/**
 * The claims challenge of Entra's continuous access evaluation: a client that understands it takes `claims` to
 * its authorisation server and comes back with a token that satisfies them.
 */
function claimsChallenge({ controls, supportCode }: Decision, asker: Asker, stepUpUrl: string | undefined): Answered {
  const claims: Record<string, unknown> = { controls: { essential: true, values: controls } };
  if (controls.includes("mfa")) claims["amr"] = { essential: true, values: ["mfa"] };
  const parameters = [
    'realm=""',
    ...(stepUpUrl === undefined ? [] : [`authorization_uri="${new URL(stepUpUrl, asker.url).href}"`]),
    'error="insufficient_claims"',
    `claims="${btoa(JSON.stringify({ access_token: claims }))}"`,
  ];
  const text = `This needs: ${controls.join(", ")}.`;
  const answer = explain(401, "verification_required", asker, { title: "Verification is required", text, supportCode }, controls);
  return { ...answer, headers: { ...answer.headers, "www-authenticate": `Bearer ${parameters.join(", ")}` } };
}

/** A page for a person, RFC 9457 problem details for everything else. */
function explain(
  status: 401 | 403,
  code: AnswerCode,
  asker: Asker,
  page: Page,
  controls?: readonly string[],
): Answered {
  const headers: Record<string, string> = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  if (isNavigation(asker)) {
    headers["content-type"] = "text/html; charset=utf-8";
    headers["content-security-policy"] = CONTENT_SECURITY_POLICY;
    headers["referrer-policy"] = "no-referrer";
    return { kind: "answer", status, headers, body: render(page) };
  }
  headers["content-type"] = "application/problem+json";
  const { title, text, supportCode } = page;
  const problem = { type: "about:blank", title, status, detail: text, code, supportCode, controls };
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

function isSamePage(target: URL, url: string): boolean {
  const asked = new URL(url);
  return target.origin === asked.origin && target.pathname === asked.pathname;
}
