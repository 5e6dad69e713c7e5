// What `jose` is needed for, apart: most of what loads the package verifies no token, and should not wait for it to load.
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";

/** Where an issuer publishes its keys, or the keys themselves. */
export type TokenKeys = { jwksUrl: string } | { jwks: JSONWebKeySet };

/** Verifies tokens by one set of keys. */
export class TokenVerifier {
  readonly #keys: JWTVerifyGetKey;

  constructor(keys: TokenKeys) {
    this.#keys =
      "jwks" in keys
        ? createLocalJWKSet(keys.jwks)
        : createRemoteJWKSet(new URL(keys.jwksUrl), { timeoutDuration: 2_000, cooldownDuration: 10_000 });
  }

  /** Claims of a token; `undefined` if it was judged bad. Throws if the keys are out of reach. */
  async claims(token: string, options: JWTVerifyOptions): Promise<JWTPayload | undefined> {
    try {
      return (await jwtVerify(token, this.#keys, options)).payload;
    } catch (error) {
      if (isVerdict(error)) return undefined;
      throw error;
    }
  }
}

/** Whether the token itself was judged, as against the keys being out of reach. */
function isVerdict(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
