// Agents that sign their requests, over HTTP: keys in the bundle, keys fetched, and directories that misbehave.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { compile } from "edgeward/compiler";
import { protect } from "edgeward/node";
import type { Agent, AgentKeysOptions } from "edgeward";
import { AgentKeys } from "../dist/agent-keys.js";
import { exchange, source } from "./support/fixture.js";
import { serve } from "./support/servers.js";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const { x = "" } = publicKey.export({ format: "jwk" });
const JWK = { kty: "OKP", crv: "Ed25519", x };
const THUMBPRINT = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
const DIRECTORY = "https://agent.example";

/** Headers of a signed request, as RFC 9421 makes them. */
function signed(path: string, directory = DIRECTORY): Record<string, string> {
  const now = Math.floor(Date.now() / 1000);
  const input =
    `("@method" "@target-uri" "signature-agent";key="sig1")` +
    `;created=${now};expires=${now + 60};keyid="${THUMBPRINT}";alg="ed25519";nonce="n";tag="web-bot-auth"`;
  const base = [
    `"@method": GET`,
    `"@target-uri": https://app.example${path}`,
    `"signature-agent";key="sig1": "${directory}"`,
    `"@signature-params": ${input}`,
  ].join("\n");
  return {
    host: "app.example",
    "x-forwarded-proto": "https",
    "x-forwarded-for": "203.0.113.7",
    "signature-agent": `sig1="${directory}"`,
    "signature-input": `sig1=${input}`,
    signature: `sig1=:${sign(null, Buffer.from(base), privateKey).toString("base64")}:`,
  };
}

/** Sends requests, one after the other, to a host whose bundle has this directory; tells what each client was. */
async function agents(
  directory: Record<string, unknown>,
  requests: Record<string, string>[],
  agentKeys: AgentKeysOptions = {},
): Promise<Agent[]> {
  const agents = { directories: [{ url: DIRECTORY, name: "Example agent", ...directory }] };
  const seen: Agent[] = [];
  const host = await serve(
    protect((_, response) => response.end("ok"), {
      bundle: { text: compile(JSON.stringify({ ...source(), agents })).bundle },
      allowUnsigned: true,
      trustedProxies: 1,
      agentKeys,
      onDecision: ({ decision }) => seen.push(decision.agent),
      onProblem: () => undefined,
    }),
  );
  try {
    for (const headers of requests) await exchange(`${host.url}/x?item=1`, headers);
    return seen;
  } finally {
    await host.stop();
  }
}

const statuses = (seen: Agent[]) => seen.map((agent) => agent.signature?.status);

test("a key in the bundle backs a signature, for what was signed and nothing else", async () => {
  const seen = await agents({ keys: [JWK] }, [signed("/x?item=1"), signed("/x?item=2")]);
  assert.deepEqual(statuses(seen), ["verified", "invalid"]);
  assert.deepEqual(seen.map((agent) => agent.verification), ["signature", "contradicted"]);
  assert.equal(seen[0]?.name, "Example agent");
  assert.equal(seen[0]?.signature?.nonce, "n");
});

test("keys are fetched once, from the well-known place of a directory that the bundle allows", async () => {
  const asked: string[] = [];
  const answer = (request: Request) => {
    asked.push(request.url);
    return Promise.resolve(Response.json({ keys: [null, { kty: "RSA", n: "x" }, { ...JWK, kid: THUMBPRINT, use: "sig" }] }));
  };
  const others = ["https://127.0.0.1", "https://metadata.internal", "http://agent.example"];
  const requests = [signed("/x?item=1"), signed("/x?item=1"), ...others.map((other) => signed("/x?item=1", other))];
  const seen = await agents({ fetch: true }, requests, { fetch: answer });
  assert.deepEqual(statuses(seen), ["verified", "verified", "unknownDirectory", "unknownDirectory", "incomplete"]);
  assert.deepEqual(asked, [`${DIRECTORY}/.well-known/http-message-signatures-directory`]);
});

test("a directory that fails is asked once, and accuses nobody", async () => {
  const failures: [string, () => Promise<Response>][] = [
    ["down", () => Promise.reject(new Error("down"))],
    ["not found", () => Promise.resolve(new Response("", { status: 404 }))],
    ["elsewhere", () => Promise.resolve(new Response("", { status: 302, headers: { location: "https://127.0.0.1" } }))],
    ["rubbish", () => Promise.resolve(new Response("<html>"))],
    ["no keys", () => Promise.resolve(Response.json({ keys: "none" }))],
    ["too large", () => Promise.resolve(Response.json({ keys: [], filler: "x".repeat(100_000) }))],
    ["slow", () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 100))],
  ];
  for (const [why, answer] of failures) {
    let asked = 0;
    const fetch = () => {
      asked += 1;
      return answer();
    };
    const seen = await agents({ fetch: true }, [signed("/x?item=1"), signed("/x?item=1")], { fetch, timeoutMs: 50 });
    assert.deepEqual(statuses(seen), ["unknownKey", "unknownKey"], why);
    assert.deepEqual(seen.map((agent) => agent.verification), ["claimed", "claimed"], why);
    assert.equal(asked, 1, why);
  }
});

test("whoever fails to get a directory takes nothing away from who got it meanwhile", async () => {
  const waiting: { resolve(response: Response): void; reject(error: Error): void }[] = [];
  const fetch = () => new Promise<Response>((resolve, reject) => waiting.push({ resolve, reject }));
  const agents = new AgentKeys({ fetch }, () => undefined);
  const headers = signed("/x");
  const request = { url: "https://app.example/x", header: (name: string) => headers[name] };
  const read = async (now: number) => (await agents.read(request, [DIRECTORY], now))?.agentDirectory?.keys;
  for (const now of [0, 3_600_000]) {
    const [late, soon] = [read(now), read(now)];
    const [first, second] = waiting.splice(0);
    second?.resolve(Response.json({ keys: [{ ...JWK, exp: now }] }));
    assert.deepEqual(await soon, [{ ...JWK, exp: now }]);
    first?.reject(new Error("down"));
    assert.deepEqual(await late, [{ ...JWK, exp: now }]);
    assert.deepEqual(await read(now + 1), [{ ...JWK, exp: now }]);
    assert.equal(waiting.length, 0, "what came is fresh");
  }
});
