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

test("an origin is told of the path as it came, whichever way it is written", async () => {
  const headers = { "edgeward-outcome": "allow" };
  const verify = async (signed: string, seen: string): Promise<boolean> => {
    const signature = await new OriginSigner(SECRET).sign("GET", signed, headers, NOW);
    return verifyResult({ method: "GET", url: seen, headers: Object.entries({ ...headers, ...signature }) }, SECRET, NOW);
  };
  for (const [signed, seen] of [
    ["https://app.example/x?y=1", "/x?y=1"],
    ["https://app.example//x/y", "//x/y"],
    ["https://app.example//x/y", "http://10.0.0.9:3000//x/y"],
    ["https://app.example/x?y=1#z", "/x?y=1"],
    ["https://app.example/%2e%2e/x", "/%2e%2e/x"],
    ["https://app.example/?y", "http://origin?y"],
  ] as const) {
    assert.ok(await verify(signed, seen), `${signed} as ${seen}`);
  }
  const others = ["//other/x?y=1", "/z/../x?y=1", "/z/%2e%2e/x?y=1", "/x?y=1#z", "x?y=1", "http://a\\b/x?y=1", "\\x?y=1", "/x?y=1 ", ""];
  for (const seen of others) assert.ok(!(await verify("https://app.example/x?y=1", seen)), seen);
});

test("no header of ours that was not signed stands beside those that were, in any spelling", async () => {
  const headers = await signed();
  const request = { method: "GET", url: "/a?b" };
  const spelled = headers.map(([name, value]): [string, string] => [name.toUpperCase(), value]);
  assert.ok(await verifyResult({ ...request, headers: spelled }, SECRET, NOW), "as HTTP/1 has them");
  for (const forged of ["Edgeward-Roles", "Edgeward-Principal", "edgeward-principal", "edgeward_principal", "EDGEWARD_x", "Edgeward-Signature"]) {
    for (const value of ["admin", ...headers.map(([, value]) => value)]) {
      assert.ok(!(await verifyResult({ ...request, headers: [...headers, [forged, value]] }, SECRET, NOW)), forged);
      assert.ok(!(await verifyResult({ ...request, headers: [[forged, value], ...headers] }, SECRET, NOW)), forged);
    }
  }
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
