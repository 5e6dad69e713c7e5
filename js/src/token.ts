// What `jose` is needed for, apart: most of what loads the package verifies no token, and should not wait for it to load.
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import type { FetchImplementation, JSONWebKeySet, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";

/** Where an issuer publishes its keys, or the keys themselves. */
export type TokenKeys = { jwksUrl: string } | { jwks: JSONWebKeySet };

/** Verifies tokens by one set of keys. */
export class TokenVerifier {
  readonly #keys: JWTVerifyGetKey;
  readonly #isPublished: boolean;
  readonly #report: (message: string) => void;

  /** Reports keys of the set that can not be used. */
  constructor(keys: TokenKeys, report: (message: string) => void) {
    this.#isPublished = "jwksUrl" in keys;
    this.#report = report;
    this.#keys =
      "jwks" in keys
        ? createLocalJWKSet(keys.jwks)
        : createRemoteJWKSet(new URL(keys.jwksUrl), { timeoutDuration: 2_000, cooldownDuration: 10_000, [customFetch]: fetched });
  }

  /** Claims of a token; `undefined` if it was judged bad. Throws if the keys are out of reach. */
  async claims(token: string, options: JWTVerifyOptions): Promise<JWTPayload | undefined> {
    try {
      return (await jwtVerify(token, this.#keys, options)).payload;
    } catch (error) {
      if (this.#isPublished && isOutOfReach(error)) throw error;
      // The token chooses its key: one that is malformed, or too weak, verifies nothing, and makes nobody unknown.
      if (!isVerdict(error)) this.#report(`a key of session tokens can not be used: ${String(error)}`);
      return undefined;
    }
  }
}

/** `fetch` fails with a `TypeError`, and so does what imports a key: this one says which it was. */
class Unreached extends Error {}

const fetched: FetchImplementation = async (url, options) => {
  try {
    return await fetch(url, options);
  } catch (cause) {
    throw new Unreached(String(cause), { cause });
  }
};

/** Whether a set could not be had, or was none. */
function isOutOfReach(error: unknown): boolean {
  return (
    error instanceof Unreached ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    (error instanceof errors.JOSEError && error.code === errors.JOSEError.code)
  );
}

/** Whether the token itself was judged, as against the key it names. */
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
