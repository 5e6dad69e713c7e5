// Session tokens: ES256 JSON Web Tokens with the claims that Edgeward's adapters read by default.
import { randomUUID } from "node:crypto";
import { load } from "./packages.mjs";

const { SignJWT, exportJWK, generateKeyPair, jwtVerify } = await load("jose");
const lifetimeSeconds = 8 * 3600;

/** Makes an issuer with a key pair of its own: tokens of an earlier run are worth nothing. */
export async function createIssuer(audience) {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), alg: "ES256", use: "sig", kid: randomUUID() };
  return {
    jwks: { keys: [key] },
    /** Signs a session of an account. `session` may set any claim, `now` is in seconds. */
    issue(issuer, account, session = {}, now = Math.floor(Date.now() / 1000)) {
      const claims = {
        sid: randomUUID(),
        auth_time: now,
        amr: ["pwd"],
        principal_kind: account.kind,
        groups: account.groups,
        roles: account.roles,
        guest_type: account.guestType,
        device: account.device,
        ...session,
      };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: key.kid, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(account.id)
        .setIssuedAt(session.iat ?? now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
    },
    /** The claims of a token of ours, or null. */
    async read(issuer, token) {
      try {
        return (await jwtVerify(token, publicKey, { issuer, audience, algorithms: ["ES256"] })).payload;
      } catch {
        return null;
      }
    },
  };
}
