import assert from "node:assert/strict";
import { test } from "node:test";
import { OriginSigner, resultHeaders, verifyResult } from "../dist/origin.js";
import { decision } from "./support/decision.js";

const NOW = 1_790_000_000_000;
const SECRET = "shared with the origin";

async function signed(): Promise<[string, string][]> {
  const headers = resultHeaders(decision(), { principal: { kind: "user", id: "ü1" }, session: { id: "s1" } });
  const signature = await new OriginSigner(SECRET).sign("GET", "https://app.example/a?b", headers, NOW);
  return Object.entries({ ...headers, ...signature });
}

test("an origin believes what the edge signed, behind its own name", async () => {
  const headers = await signed();
  assert.equal(Object.fromEntries(headers)["edgeward-principal"], "%C3%BC1");
  assert.ok(await verifyResult({ method: "GET", url: "http://10.0.0.9:3000/a?b", headers }, SECRET, NOW + 1_000));
  assert.ok(await verifyResult({ method: "GET", url: "/a?b", headers: [["accept", "*/*"], ...headers] }, SECRET, NOW));
});

test("another request, time, secret or header is not what was signed", async () => {
  const headers = await signed();
  const request = { method: "GET", url: "/a?b", headers };
  assert.ok(!(await verifyResult({ ...request, method: "POST" }, SECRET, NOW)));
  assert.ok(!(await verifyResult({ ...request, url: "/a?c" }, SECRET, NOW)));
  assert.ok(!(await verifyResult(request, "guessed", NOW)));
  assert.ok(!(await verifyResult(request, SECRET, NOW + 61_000)));
  assert.ok(!(await verifyResult({ ...request, headers: [] }, SECRET, NOW)));
  const added: [string, string][] = [...headers, ["edgeward-roles", "admin"]];
  assert.ok(!(await verifyResult({ ...request, headers: added }, SECRET, NOW)));
});
