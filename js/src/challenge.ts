import { explain, isNavigation, isPreflight } from "./answer.js";
import type { Answered, Asker } from "./answer.js";
import { EdgewardError } from "./errors.js";
import { LoopGuard } from "./loop-guard.js";
import { authorized } from "./session.js";
import type { Decision } from "./types.js";

/** What to do with a request: pass it on, or answer it here. */
export type Plan = { kind: "pass" } | Answered;

/** Where people and clients can turn. Each is absolute, or a path of the protected host. */
export interface Links {
  /** Where a person verifies. Receives `return_to`, `controls` and `support_code`. */
  stepUpUrl?: string | undefined;
  /** Where a person who was refused can object. Receives `support_code`. */
  appealUrl?: string | undefined;
  /** OAuth protected resource metadata (RFC 9728), which MCP clients look for in a 401. */
  resourceMetadataUrl?: string | undefined;
}

/** @throws {EdgewardError} `invalid_option` if a link is none. */
export function checkLinks(links: Links): void {
  for (const name of ["stepUpUrl", "appealUrl", "resourceMetadataUrl"] as const) {
    const link = links[name];
    const url = link !== undefined && URL.canParse(link, "https://host.invalid") ? new URL(link, "https://host.invalid") : undefined;
    if (link === undefined || url?.protocol === "https:" || url?.protocol === "http:") continue;
    throw new EdgewardError("invalid_option", `\`${link}\` is not an address`, { path: name });
  }
}

/** The host's answer to a decision that is final. */
export function plan(decision: Decision, asker: Asker, links: Links): Plan {
  switch (decision.outcome) {
    case "allow":
      return { kind: "pass" };
    case "challenge":
      // A preflight brings no credentials and changes nothing: the request it asks for is challenged instead.
      return isPreflight(asker) ? { kind: "pass" } : challenge(decision, asker, links);
    case "block":
    case "defer": // Deferred and nobody left to ask: never pass what is not decided.
      return explain(asker, {
        status: 403,
        code: "blocked",
        title: "Access was refused",
        text: "This request is not allowed. If you think this is a mistake, quote the support code.",
        supportCode: decision.supportCode,
        appeal: appeal(links, asker, decision.supportCode),
      });
  }
}

/** The answer when the engine could not be asked: no bundle yet, or it failed on this very request. */
export function refuseUndecided(supportCode: string, asker: Asker): Answered {
  return explain(asker, {
    status: 403,
    code: "no_decision",
    title: "Access can not be decided now",
    text: "Please try again in a moment. If it stays like this, quote the support code.",
    supportCode,
  });
}

function challenge(decision: Decision, asker: Asker, links: Links): Answered {
  const { controls, supportCode } = decision;
  if (links.stepUpUrl === undefined || !isNavigation(asker)) return claimsChallenge(decision, asker, links);
  const loop = new LoopGuard(asker.header("cookie"), asker.url);
  const target = new URL(links.stepUpUrl, asker.url);
  if (loop.isLooping || isSamePage(target, asker.url)) {
    return explain(asker, {
      status: 403,
      code: "verification_incomplete",
      title: "Verification did not complete",
      text: `You were sent to verify, and what is needed is still missing: ${controls.join(", ")}.`,
      supportCode,
      controls,
      appeal: appeal(links, asker, supportCode),
    });
  }
  target.searchParams.set("return_to", asker.url);
  target.searchParams.set("controls", controls.join(","));
  target.searchParams.set("support_code", supportCode);
  return {
    kind: "answer",
    status: 302,
    headers: { location: target.href, "cache-control": "no-store", "set-cookie": loop.counted() },
    body: "",
  };
}

/**
 * The claims challenge of Entra's continuous access evaluation: a client that understands it takes `claims` to
 * its authorisation server and comes back with a token that satisfies them.
 */
function claimsChallenge({ controls, supportCode }: Decision, asker: Asker, links: Links): Answered {
  const claims: Record<string, unknown> = { controls: { essential: true, values: controls } };
  if (controls.includes("mfa")) claims["amr"] = { essential: true, values: ["mfa"] };
  const { stepUpUrl, resourceMetadataUrl } = links;
  const address = (link: string): string => new URL(link, asker.url).href;
  const parameters = [
    'realm=""',
    ...(stepUpUrl === undefined ? [] : [`authorization_uri="${address(stepUpUrl)}"`]),
    ...(resourceMetadataUrl === undefined ? [] : [`resource_metadata="${address(resourceMetadataUrl)}"`]),
    'error="insufficient_claims"',
    `claims="${base64(JSON.stringify({ access_token: claims }))}"`,
  ];
  const answer = explain(asker, {
    status: 401,
    code: "verification_required",
    title: "Verification is required",
    text: `This needs: ${controls.join(", ")}.`,
    supportCode,
    controls,
  });
  // Of the scheme that the token came with: a client that proves possession of its key is not asked to stop (RFC 9449, section 7.1).
  const scheme = authorized(asker.header("authorization"))?.scheme === "dpop" ? "DPoP" : "Bearer";
  return { ...answer, headers: { ...answer.headers, "www-authenticate": `${scheme} ${parameters.join(", ")}` } };
}

function appeal({ appealUrl }: Links, asker: Asker, supportCode: string): string | undefined {
  if (appealUrl === undefined) return undefined;
  const target = new URL(appealUrl, asker.url);
  target.searchParams.set("support_code", supportCode);
  return target.href;
}

function isSamePage(target: URL, url: string): boolean {
  const asked = new URL(url);
  return target.origin === asked.origin && target.pathname === asked.pathname;
}

/** Of the UTF-8: terms of use are called what their owner calls them. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
