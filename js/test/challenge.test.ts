import assert from "node:assert/strict";
import { test } from "node:test";
import { isNavigation } from "../dist/answer.js";
import type { Answered, Asker } from "../dist/answer.js";
import { checkLinks, plan, refuseUndecided } from "../dist/challenge.js";
import { decision } from "./support/decision.js";

const STEP_UP = { stepUpUrl: "https://login.example/step-up" };

function asker(headers: Record<string, string>, method = "GET", url = "https://app.example/a?b=1&c=ü"): Asker {
  return { method, url, header: (name) => headers[name] };
}

const browser = asker({ "sec-fetch-mode": "navigate" });
const api = asker({ accept: "application/json" });

function answered(...parameters: Parameters<typeof plan>): Answered {
  const result = plan(...parameters);
  assert.equal(result.kind, "answer");
  return result as Answered;
}

test("allowed requests pass; deferred ones that nobody settled do not", () => {
  assert.deepEqual(plan(decision({ outcome: "allow" }), browser, STEP_UP), { kind: "pass" });
  assert.equal(answered(decision({ outcome: "defer" }), browser, STEP_UP).status, 403);
});

test("a browser is sent to verify, and can find its way back", () => {
  const answer = answered(decision({ outcome: "challenge", controls: ["mfa", "compliantDevice"] }), browser, STEP_UP);
  assert.equal(answer.status, 302);
  const target = new URL(answer.headers["location"] ?? "");
  assert.equal(target.origin + target.pathname, STEP_UP.stepUpUrl);
  assert.equal(target.searchParams.get("return_to"), "https://app.example/a?b=1&c=ü");
  assert.equal(target.searchParams.get("controls"), "mfa,compliantDevice");
  assert.match(answer.headers["set-cookie"] ?? "", /^edgeward_step_up=\w+\.1; .*HttpOnly; SameSite=Lax; Secure$/);
});

test("a person who comes back unverified again and again is told so", () => {
  const answers = visit(["/a?code=1", "/a?code=2", "/a", "/a?code=3"]);
  assert.deepEqual(answers.map(({ status }) => status), [302, 302, 302, 403]);
  assert.match(answers.at(-1)?.body ?? "", /Verification did not complete/);
});

test("pages that open together are counted each for itself", () => {
  const tabs = Array.from({ length: 9 }, (_, tab) => `/tab/${tab}`);
  assert.ok(visit([...tabs, ...tabs]).every(({ status }) => status === 302));
  assert.equal(visit(["/b", "/a", "/a", "/b", "/a", "/a"]).at(-1)?.status, 403);
});

test("a cookie that somebody else wrote counts for nothing", () => {
  for (const cookie of ["edgeward_step_up=3", "edgeward_step_up=~~.~x.NaN", `edgeward_step_up=${"a.9~".repeat(2_000)}`, `edgeward_step_up=${"a".repeat(9_000)}.1`]) {
    const answer = answered(decision({ outcome: "challenge", controls: ["mfa"] }), asker({ "sec-fetch-mode": "navigate", cookie }), STEP_UP);
    assert.equal(answer.status, 302);
    assert.ok((answer.headers["set-cookie"] ?? "").length < 300);
  }
});

test("who brings more cookies than are read is told so, and not sent around", () => {
  for (const [length, status] of [[16_384, 302], [16_385, 403]] as const) {
    const page = asker({ "sec-fetch-mode": "navigate", cookie: `a=${"x".repeat(length - 2)}` });
    assert.equal(answered(decision({ outcome: "challenge", controls: ["mfa"] }), page, STEP_UP).status, status);
  }
});

/** A browser that opens pages, is sent to verify, and keeps the cookie. */
function visit(paths: readonly string[]): Answered[] {
  let cookie = "a=b";
  return paths.map((path) => {
    const page = asker({ "sec-fetch-mode": "navigate", cookie }, "GET", `https://app.example${path}`);
    const answer = answered(decision({ outcome: "challenge", controls: ["mfa"] }), page, STEP_UP);
    const [kept] = (answer.headers["set-cookie"] ?? "").split(";");
    if (kept) cookie = `a=b; ${kept}`;
    return answer;
  });
}

test("the step-up page itself is never redirected to itself", () => {
  const there = asker({ "sec-fetch-mode": "navigate" }, "GET", "https://login.example/step-up?return_to=x");
  assert.equal(answered(decision({ outcome: "challenge", controls: ["mfa"] }), there, STEP_UP).status, 403);
});

test("an API client gets a claims challenge it can take to its authorisation server", () => {
  const answer = answered(decision({ outcome: "challenge", controls: ["mfa"] }), api, STEP_UP);
  assert.equal(answer.status, 401);
  const header = answer.headers["www-authenticate"] ?? "";
  assert.match(header, /^Bearer realm="", authorization_uri="https:\/\/login\.example\/step-up", error="insufficient_claims", claims="[A-Za-z0-9+/=]+"$/);
  const claims = JSON.parse(atob(/claims="([^"]+)"/.exec(header)?.[1] ?? "")) as unknown;
  assert.deepEqual(claims, {
    access_token: {
      amr: { essential: true, values: ["mfa"] },
      controls: { essential: true, values: ["mfa"] },
    },
  });
  const problem = JSON.parse(answer.body) as Record<string, unknown>;
  assert.equal(problem["code"], "verification_required");
  assert.equal(problem["status"], 401);
  assert.deepEqual(problem["controls"], ["mfa"]);
});

test("a block is a page for a person and a problem for a program, both with the support code", () => {
  const blocked = decision({ outcome: "block", supportCode: "ABCDE-12345" });
  const page = answered(blocked, browser, STEP_UP);
  assert.equal(page.status, 403);
  assert.match(page.headers["content-type"] ?? "", /^text\/html/);
  assert.match(page.headers["content-security-policy"] ?? "", /default-src 'none'/);
  assert.match(page.body, /ABCDE-12345/);
  const problem = JSON.parse(answered(blocked, api, STEP_UP).body) as Record<string, unknown>;
  assert.equal(problem["code"], "blocked");
  assert.equal(problem["supportCode"], "ABCDE-12345");
  assert.equal(answered(blocked, asker({}, "HEAD"), STEP_UP).body, "");
});

test("nothing of a request is written into a page unescaped", () => {
  const answer = refuseUndecided("<script>alert(1)</script>", browser);
  assert.ok(!answer.body.includes("<script>"));
});

test("only a browser's own navigation counts as one", () => {
  assert.ok(isNavigation(browser));
  assert.ok(isNavigation(asker({ accept: "text/html,*/*" })), "browsers without fetch metadata");
  assert.ok(!isNavigation(asker({ "sec-fetch-mode": "cors", accept: "text/html" })));
  assert.ok(!isNavigation(asker({ "sec-fetch-mode": "navigate" }, "POST")), "a form's body would be lost");
  assert.ok(!isNavigation(asker({})));
});

test("a client that proves possession of its key is challenged by that scheme", () => {
  const scheme = (authorization: string): string | undefined =>
    answered(decision({ outcome: "challenge", controls: ["mfa"] }), asker({ authorization }), {}).headers["www-authenticate"]?.split(" ")[0];
  assert.deepEqual(["DPoP e.y.J", "dpop e.y.J", "Bearer e.y.J", "DPoPish x", ""].map(scheme), ["DPoP", "DPoP", "Bearer", "Bearer", "Bearer"]);
});

test("an MCP client, or any that speaks JSON-RPC, gets an error it can read", () => {
  const mcp = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const links = { resourceMetadataUrl: "/.well-known/oauth-protected-resource" };
  const answer = answered(decision({ outcome: "challenge", controls: ["mfa"] }), asker(mcp, "POST"), links);
  assert.equal(answer.status, 401);
  assert.match(
    answer.headers["www-authenticate"] ?? "",
    /resource_metadata="https:\/\/app\.example\/\.well-known\/oauth-protected-resource"/,
  );
  const body = JSON.parse(answer.body) as { jsonrpc: string; id: null; error: { code: number; data: { code: string } } };
  assert.deepEqual([body.jsonrpc, body.id, body.error.code, body.error.data.code], ["2.0", null, -32031, "verification_required"]);
  const known = asker({ "mcp-protocol-version": "2025-06-18", "content-type": "application/json" }, "POST");
  const blocked = answered(decision({ outcome: "block" }), known, {});
  assert.equal(blocked.status, 403);
  assert.equal((JSON.parse(blocked.body) as typeof body).error.data.code, "blocked");
  const listening = asker({ "mcp-protocol-version": "2025-06-18", accept: "text/event-stream" });
  assert.equal((JSON.parse(answered(decision({ outcome: "block" }), listening, {}).body) as typeof body).error.code, -32030);
  const plain = answered(decision({ outcome: "block" }), asker({ "content-type": "application/json" }, "POST"), {});
  assert.equal(plain.headers["content-type"], "application/problem+json");
});

test("whoever is refused can object, quoting the support code", () => {
  const links = { appealUrl: "https://help.example/appeal?from=edge" };
  const blocked = decision({ outcome: "block", supportCode: "ABCDE-12345" });
  const target = "https://help.example/appeal?from=edge&support_code=ABCDE-12345";
  assert.ok(answered(blocked, browser, links).body.includes(`href="${target.replace("&", "&amp;")}"`));
  assert.equal((JSON.parse(answered(blocked, api, links).body) as Record<string, unknown>)["appeal"], target);
});

test("a preflight is not challenged, because it can bring nothing; but it can be blocked", () => {
  const preflight = asker({ origin: "https://other.example", "access-control-request-method": "POST" }, "OPTIONS");
  assert.deepEqual(plan(decision({ outcome: "challenge", controls: ["mfa"] }), preflight, STEP_UP), { kind: "pass" });
  assert.equal(answered(decision({ outcome: "block" }), preflight, STEP_UP).status, 403);
  const options = asker({ origin: "https://other.example" }, "OPTIONS");
  assert.equal(answered(decision({ outcome: "challenge", controls: ["mfa"] }), options, STEP_UP).status, 401);
});

test("a link that is none is found at start", () => {
  assert.throws(() => checkLinks({ stepUpUrl: "javascript:alert(1)" }), { code: "invalid_option", path: "stepUpUrl" });
  assert.throws(() => checkLinks({ appealUrl: "http://[" }), { path: "appealUrl" });
  checkLinks({ stepUpUrl: "/step-up", appealUrl: "https://help.example" });
});
