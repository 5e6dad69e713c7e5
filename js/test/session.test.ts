import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { before, mock, test } from "node:test";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import type { JWK } from "jose";
import { SessionReader } from "../dist/session.js";
import type { SessionOptions } from "../dist/session.js";
import type { Request } from "../dist/types.js";
import { stated } from "./support/fixture.js";

const NOW = Date.now();
const ANONYMOUS = { principal: { kind: "anonymous" } };
const PRESENTED = { method: "POST", url: "https://app.example/pay?to=x" };
let privateKey: CryptoKey;
let jwk: JWK;

before(async () => {
  const pair = await generateKeyPair("ES256");
  privateKey = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "ES256" };
});

function token(claims: Record<string, unknown>, { issuer = "https://login.example", expires = "1h" } = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", kid: "k1" })
    .setIssuer(issuer)
    .setAudience("app")
    .setIssuedAt(Math.floor(NOW / 1000) - 60)
    .setExpirationTime(expires)
    .sign(privateKey);
}

function reader(over: Partial<SessionOptions> = {}): SessionReader {
  const options = { keys: { jwks: { keys: [jwk] } }, issuer: "https://login.example", audience: "app", ...over };
  return new SessionReader(options, () => undefined);
}

async function read(from: SessionReader, headers: Record<string, string>, now = NOW): Promise<Request> {
  return stated((await from.read((name) => headers[name], now, PRESENTED)).facts);
}

/** As whom a request is judged, by which header, and what of it goes on. */
async function judged(from: SessionReader, headers: Record<string, string>): Promise<unknown[]> {
  const { facts, from: header, withheld } = await from.read((name) => headers[name], NOW, PRESENTED);
  return [facts.principal?.id ?? facts.principal?.kind, header, withheld];
}

test("a verified token states principal, session and device", async () => {
  const text = await token({
    sub: "u1",
    groups: ["g1"],
    roles: [],
    sid: "s1",
    auth_time: 1_790_000_000,
    amr: ["pwd", "mfa"],
    device: { id: "d1", isCompliant: true, trustType: "AzureAD" },
    binding: { asn: 64_500, country: "NO", agent: "Chrome/windows" },
  });
  const facts = await read(reader(), { cookie: `x=y; edgeward_session=${text}` });
  assert.deepEqual(facts, {
    principal: { kind: "user", id: "u1", groups: ["g1"], roles: [] },
    session: {
      id: "s1",
      establishedAt: (Math.floor(NOW / 1000) - 60) * 1000,
      authTime: 1_790_000_000_000,
      amr: ["pwd", "mfa"],
      binding: { asn: 64_500, country: "NO", agent: "Chrome/windows" },
    },
    device: { isRegistered: true, isCompliant: true, trustType: "AzureAD", deviceId: "d1" },
  });
  assert.deepEqual(await read(reader(), { authorization: `Bearer ${text}` }), facts);
});

test("claims that are not stated, or not what they should be, stay unknown", async () => {
  const text = await token({ sub: "u1", groups: "g1", roles: [1], guest_type: "stranger", device: { trustType: "x" } });
  const { principal, device } = await read(reader(), { authorization: `Bearer ${text}` });
  assert.deepEqual(principal, { kind: "user", id: "u1", groups: ["g1"] });
  assert.deepEqual(device, { isRegistered: true });
});

test("claim names are configurable, with a path into nested claims", async () => {
  const text = await token({ oid: "u2", realm_access: { roles: ["r1"] }, "https://app.example/groups": ["g9"] });
  const claims = { principal: "oid", roles: "realm_access.roles", groups: "https://app.example/groups" };
  const { principal } = await read(reader({ claims }), { authorization: `bearer ${text}` });
  assert.deepEqual(principal, { kind: "user", id: "u2", roles: ["r1"], groups: ["g9"] });
});

test("a token that does not verify is no session", async () => {
  const good = await token({ sub: "u1" });
  const other = await token({ sub: "u1" }, { issuer: "https://evil.example" });
  const unsigned = `${btoa('{"alg":"none"}').replace(/=+$/, "")}.${good.split(".")[1]}.`;
  for (const text of [`${good.slice(0, -6)}AAAAAA`, other, unsigned, "no.token.atall", "x".repeat(9_000)]) {
    assert.deepEqual(await read(reader(), { authorization: `Bearer ${text}` }), ANONYMOUS, text.slice(0, 20));
  }
  assert.deepEqual(await read(reader(), {}), ANONYMOUS);
});

test("a token that expires is no session any more, remembered or not", async () => {
  const one = reader();
  const headers = { authorization: `Bearer ${await token({ sub: "u1" }, { expires: "30s" })}` };
  assert.equal((await read(one, headers)).principal?.id, "u1");
  assert.deepEqual(await read(one, headers, NOW + 60_000), ANONYMOUS);
});

test("published keys are fetched; when they can not be, the principal is unknown, not anonymous", async () => {
  const server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const headers = { authorization: `Bearer ${await token({ sub: "u1" })}` };
  assert.equal((await read(reader({ keys: { jwksUrl } }), headers)).principal?.id, "u1");
  await new Promise((resolve) => server.close(resolve));
  const problems: string[] = [];
  const options = { keys: { jwksUrl }, issuer: "https://login.example", audience: "app" };
  const cut = new SessionReader(options, (code) => problems.push(code));
  assert.deepEqual(await read(cut, headers), {});
  assert.deepEqual(problems, ["keys_unavailable"]);
});

test("a key that is none, or too weak, is told of and makes nobody unknown", async () => {
  const weak = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
  const rsa = await exportJWK(weak.publicKey);
  const keys = [jwk, { kty: "EC", crv: "P-256", x: "AA", y: "AA", kid: "broken", alg: "ES256" }, { ...rsa, n: "AQAB", kid: "weak", alg: "RS256" }];
  const server = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const good = await token({ sub: "u1" });
  for (const set of [{ jwks: { keys } }, { jwksUrl }]) {
    const problems: string[] = [];
    const one = new SessionReader({ keys: set, issuer: "https://login.example", audience: "app" }, (code) => problems.push(code));
    for (const [kid, alg] of [["broken", "ES256"], ["weak", "RS256"]]) {
      const named = `${Buffer.from(JSON.stringify({ alg, kid })).toString("base64url")}.${good.split(".").slice(1).join(".")}`;
      assert.deepEqual(await judged(one, { authorization: `Bearer ${named}` }), ["anonymous", undefined, { authorization: undefined }], kid);
      assert.deepEqual(problems.splice(0), ["key_unusable"], kid);
    }
    assert.equal((await read(one, { authorization: `Bearer ${good}` })).principal?.id, "u1");
    assert.deepEqual(problems, []);
  }
  await new Promise((resolve) => server.close(resolve));
});

test("a published set that is none leaves the principal unknown", async () => {
  const answers = ["rubbish", "{}", '{"keys":[5]}', undefined];
  const server = createServer((_, response) => {
    const answer = answers[0];
    response.writeHead(answer === undefined ? 500 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  for (; answers.length > 0; answers.shift()) {
    assert.deepEqual(await read(reader({ keys: { jwksUrl } }), { authorization: `Bearer ${await token({ sub: "u1" })}` }), {}, answers[0]);
  }
  await new Promise((resolve) => server.close(resolve));
});

test("a reader that would believe anybody is refused at start", () => {
  const keys = { jwks: { keys: [] } };
  assert.throws(() => reader({ keys, issuer: "" }), { code: "invalid_option", path: "session.issuer" });
  assert.throws(() => reader({ keys, audience: "" }), { code: "invalid_option", path: "session.audience" });
  assert.throws(() => reader({ keys: { jwksUrl: "not an address" } }), { path: "session.keys.jwksUrl" });
});

test("a bearer token that does not verify leaves the cookie to count, and does not go on", async () => {
  const cookie = `a=b; edgeward_session=${await token({ sub: "risky" })}`;
  for (const bearer of ["Bearer junk", "bearer", "Bearer  a b", `Bearer ${"x".repeat(9_000)}`]) {
    const expected = ["risky", "cookie", { authorization: undefined }];
    assert.deepEqual(await judged(reader(), { cookie, authorization: bearer }), expected, bearer.slice(0, 20));
  }
  assert.deepEqual(await judged(reader(), { cookie, authorization: "Basic eDp5" }), ["risky", "cookie", {}]);
});

test("of several cookies the one that verifies counts, wherever it stands; two sessions are none", async () => {
  const [one, again, other] = [await token({ sub: "u1" }), await token({ sub: "u1", amr: ["mfa"] }), await token({ sub: "u2" })];
  const cookie = (...tokens: string[]): Record<string, string> => ({
    cookie: ["a=b", ...tokens.map((text) => `edgeward_session=${text}`), "c=d"].join("; "),
  });
  const kept = { cookie: `a=b; edgeward_session=${one}; c=d` };
  assert.deepEqual(await judged(reader(), cookie("junk", one)), ["u1", "cookie", kept]);
  assert.deepEqual(await judged(reader(), cookie(one, "junk")), ["u1", "cookie", kept]);
  assert.deepEqual(await judged(reader(), cookie(one, one)), ["u1", "cookie", {}]);
  assert.deepEqual(await judged(reader(), cookie(one, again)), ["u1", "cookie", {}], "the same session");
  const none = ["anonymous", undefined, { cookie: "a=b; c=d" }];
  assert.deepEqual(await judged(reader(), cookie(one, other)), none);
  assert.deepEqual(await judged(reader(), cookie("junk")), none);
  assert.deepEqual(await judged(reader(), cookie("1", "2", "3", "4", one)), none, "more than anybody has");
  const padded = { cookie: `a=${"x".repeat(17_000)}; edgeward_session=${one}` };
  assert.deepEqual(await judged(reader(), padded), ["anonymous", undefined, { cookie: undefined }]);
  const joined = { cookie: `a=b, edgeward_session=${one}` };
  assert.deepEqual(await judged(reader(), joined), ["u1", "cookie", {}], "a host may join headers with a comma");
});

test("who is judged by a bearer token is not somebody else by a cookie", async () => {
  const [mine, theirs] = [await token({ sub: "u1" }), await token({ sub: "u2" })];
  const headers = { authorization: `Bearer ${mine}`, cookie: `edgeward_session=${theirs}; a=b` };
  const one = reader();
  for (const _ of ["fresh", "remembered"]) {
    assert.deepEqual(await judged(one, headers), ["u1", "authorization", { cookie: "a=b" }]);
  }
  const both = { authorization: `Bearer ${mine}`, cookie: `edgeward_session=${mine}` };
  assert.deepEqual(await judged(one, both), ["u1", "authorization", {}]);
});

test("a cookie counts under its name, whatever an application takes for space beside it", async () => {
  const [mine, theirs] = [await token({ sub: "u1" }), await token({ sub: "u2" })];
  for (const space of ["\xa0", "\xc2\xa0", "\x1f", "\x7f", "\u2003", " \t\x0b"]) {
    for (const pair of [`${space}edgeward_session=`, `a=b;${space}edgeward_session${space}=`]) {
      assert.deepEqual(await judged(reader(), { cookie: pair + mine }), ["u1", "cookie", {}], JSON.stringify(pair));
    }
    const two = { cookie: `${space}edgeward_session=${theirs}; edgeward_session=${mine}; c=d` };
    assert.deepEqual(await judged(reader(), two), ["anonymous", undefined, { cookie: "c=d" }]);
  }
});

test("a cookie that only some read under the name is nobody's, and does not go on", async () => {
  const [mine, theirs] = [await token({ sub: "u1" }), await token({ sub: "u2" })];
  const names = [
    "a=b edgeward_session",
    "a=b\xa0edgeward_session ",
    "a=\"b\"\tedgeward.session",
    "edgeward.session",
    "edgeward session",
    "edgeward[session",
    "edgeward%5Fsession",
    "%65%64geward%2esessio%6e",
    "%20edgeward_session%09",
    "%C2%A0edgeward_session",
    "EdgeWard_Session",
  ];
  for (const name of names) {
    const alone = { cookie: `x=y; ${name}=${theirs}; c=d` };
    assert.deepEqual(await judged(reader(), alone), ["anonymous", undefined, { cookie: "x=y; c=d" }], name);
    const beside = { cookie: `edgeward_session=${mine}; ${name}=${theirs}` };
    assert.deepEqual(await judged(reader(), beside), ["u1", "cookie", { cookie: `edgeward_session=${mine}` }], name);
    const bearing = { authorization: `Bearer ${mine}`, cookie: `${name}=${theirs}` };
    assert.deepEqual(await judged(reader(), bearing), ["u1", "authorization", { cookie: undefined }], name);
  }
  for (const other of ["my_edgeward_session", "edgeward_session_2", "edgeward-session", "x%5fedgeward_session", "edgewardsession", "session"]) {
    assert.deepEqual(await judged(reader(), { cookie: `${other}=${theirs}` }), ["anonymous", undefined, {}], other);
  }
  const dotted = reader({ cookie: "connect.sid" });
  assert.deepEqual(await judged(dotted, { cookie: `connect.sid=${mine}; connect_sid=${theirs}` }), ["u1", "cookie", { cookie: `connect.sid=${mine}` }]);
});

test("a cookie of a megabyte is not read, and does not go on", async () => {
  const session = `edgeward_session=${await token({ sub: "u1" })}; `;
  const cookie = session + "edgeward_session=x; ".repeat(52_429);
  assert.deepEqual(await judged(reader(), { cookie }), ["anonymous", undefined, { cookie: undefined }]);
});

/** A key of a client, and the proofs it makes (RFC 9449, section 4.2). */
async function client(): Promise<{ cnf: { jkt: string }; prove: (token: string, over?: Record<string, unknown>, typ?: string) => Promise<string> }> {
  const pair = await generateKeyPair("ES256");
  const key = await exportJWK(pair.publicKey);
  let proofs = 0;
  const prove = async (token: string, over: Record<string, unknown> = {}, typ = "dpop+jwt"): Promise<string> => {
    const ath = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(token))).toString("base64url");
    const claims = { jti: `proof-${(proofs += 1)}`, htm: "POST", htu: "https://app.example/pay", iat: Math.floor(NOW / 1000), ath, ...over };
    return new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ, jwk: key }).sign(pair.privateKey);
  };
  return { cnf: { jkt: await calculateJwkThumbprint(key) }, prove };
}

test("a token that is bound to a key is a session with a proof of that key, for this request, once", async () => {
  const [holder, thief] = [await client(), await client()];
  const text = await token({ sub: "u1", sid: "s1", cnf: holder.cnf });
  const one = reader();
  const present = (dpop: string | undefined, scheme = "DPoP"): Promise<Request> =>
    read(one, { authorization: `${scheme} ${text}`, ...(dpop !== undefined && { dpop }) });
  const proof = await holder.prove(text);
  const { principal, session } = await present(proof);
  assert.deepEqual([principal?.id, session?.keyProved], ["u1", true]);
  assert.deepEqual(await present(proof), ANONYMOUS, "a second time");
  assert.equal((await present(await holder.prove(text), "dpop")).session?.keyProved, true, "another proof");
  const aged = (seconds: number): Promise<string> => holder.prove(text, { iat: Math.floor(NOW / 1000) + seconds });
  for (const [what, wrong] of Object.entries({
    "no proof": undefined,
    "the key of another": await thief.prove(text),
    "for another token": await holder.prove("another"),
    "for another method": await holder.prove(text, { htm: "GET" }),
    "for another path": await holder.prove(text, { htu: "https://app.example/" }),
    "for another host": await holder.prove(text, { htu: "https://evil.example/pay" }),
    "for no address": await holder.prove(text, { htu: 7 }),
    "without a name": await holder.prove(text, { jti: undefined }),
    "with a name too long": await holder.prove(text, { jti: "j".repeat(300) }),
    "too old": await aged(-70),
    "of the future": await aged(70),
    "of another type": await holder.prove(text, {}, "jwt"),
    "two of them": `${await holder.prove(text)}, ${await holder.prove(text)}`,
    "too long": "x".repeat(5_000),
    "no token at all": "junk",
  })) {
    assert.deepEqual(await present(wrong), ANONYMOUS, what);
  }
  assert.equal((await present(await aged(-50))).principal?.id, "u1", "old, and not too old");
});

test("a proof by another key is refused unverified: how long that takes is the client's choice", async () => {
  const [holder, thief] = [await client(), await client()];
  const text = await token({ sub: "u1", cnf: holder.cnf });
  const one = reader();
  const verify = mock.method(crypto.subtle, "verify");
  const verified = async (dpop: string): Promise<number> => {
    verify.mock.resetCalls();
    await read(one, { authorization: `DPoP ${text}`, dpop });
    return verify.mock.callCount();
  };
  try {
    assert.equal(await verified(await holder.prove(text)), 2, "the token and its proof");
    assert.equal(await verified(await thief.prove(text)), 0);
    assert.equal(await verified(`${btoa('{"alg":"ES256","jwk":{"kty":"RSA","n":5}}').replace(/=+$/, "")}.e30.AA`), 0);
  } finally {
    verify.mock.restore();
  }
});

test("what is bound to a key is no session as a bearer or in a cookie, and what is not bound none as DPoP", async () => {
  const holder = await client();
  const [bound, free] = [await token({ sub: "u1", cnf: holder.cnf }), await token({ sub: "u1" })];
  const nobody = (withheld: unknown): unknown[] => ["anonymous", undefined, withheld];
  const one = reader();
  for (const known of ["unknown", "remembered"]) {
    const dpop = await holder.prove(bound);
    assert.deepEqual(await judged(one, { authorization: `Bearer ${bound}`, dpop }), nobody({ authorization: undefined }), known);
    assert.deepEqual(await judged(one, { cookie: `edgeward_session=${bound}`, dpop }), nobody({ cookie: undefined }), known);
    assert.deepEqual(await judged(one, { authorization: `DPoP ${free}`, dpop: await holder.prove(free) }), nobody({ authorization: undefined }));
    assert.deepEqual(await judged(one, { authorization: `DPoP ${bound}`, dpop }), ["u1", "authorization", {}]);
  }
  const problems: string[] = [];
  const options = { keys: { jwks: { keys: [jwk] } }, issuer: "https://login.example", audience: "app" };
  const told = new SessionReader(options, (code) => problems.push(code));
  const certified = await token({ sub: "u1", cnf: { "x5t#S256": "AAAA" } });
  assert.deepEqual(await read(told, { authorization: `Bearer ${certified}` }), ANONYMOUS);
  assert.deepEqual(problems, ["token_unprovable"]);
});
