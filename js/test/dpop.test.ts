// Tokens bound to a key (RFC 9449), over HTTP: in node:http, and in workerd.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import { protect } from "edgeward/node";
import type { NodeOptions } from "edgeward/node";
import { startWorker } from "../scripts/workerd.mjs";
import { exchange, open } from "./support/fixture.js";
import { echo, serve } from "./support/servers.js";

const running: { stop(): Promise<void> }[] = [];
const hosts: Record<string, string> = {};
let issuer: CryptoKey;

before(async () => {
  const pair = await generateKeyPair("ES256");
  issuer = pair.privateKey;
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k", alg: "ES256" }] };
  const options = { bundle: { text: open() }, allowUnsigned: true, session: { keys: { jwks }, issuer: "i", audience: "a" } };
  const origin = await echo();
  const entry = fileURLToPath(new URL("support/worker.js", import.meta.url));
  const worker = await startWorker({ entry, bindings: { OPTIONS: JSON.stringify({ ...options, origin: origin.url }) } });
  const server = await serve(protect((request, response) => response.end(JSON.stringify({ headers: request.headers })), options as NodeOptions));
  running.push(origin, worker, server);
  Object.assign(hosts, { node: server.url, workerd: worker.url });
});

after(() => Promise.all(running.map((one) => one.stop())));

for (const host of ["node", "workerd"]) {
  test(`${host}: a bound token is its client's and no thief's`, async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    const claims = { sub: "u1", sid: "s1", cnf: { jkt: await calculateJwkThumbprint(jwk) } };
    const sign = new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k" });
    const token = await sign.setIssuer("i").setAudience("a").setIssuedAt().setExpirationTime("1h").sign(issuer);
    const address = new URL("/pay", hosts[host]).href;
    const ath = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(token))).toString("base64url");
    const proof = await new SignJWT({ jti: host, htm: "GET", htu: address, ath })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
      .setIssuedAt()
      .sign(privateKey);
    const seen = async (headers: Record<string, string>): Promise<unknown[]> => {
      const { headers: told } = JSON.parse((await exchange(`${address}?to=x`, headers)).body) as { headers: Record<string, string> };
      return [told["edgeward-principal"] ?? told["edgeward-principal-kind"], told["authorization"]];
    };
    const authorization = `DPoP ${token}`;
    assert.deepEqual(await seen({ authorization, dpop: proof }), ["u1", authorization]);
    assert.deepEqual(await seen({ authorization, dpop: proof }), ["anonymous", undefined], "the proof once more");
    assert.deepEqual(await seen({ authorization }), ["anonymous", undefined]);
    assert.deepEqual(await seen({ authorization: `Bearer ${token}` }), ["anonymous", undefined]);
  });
}
