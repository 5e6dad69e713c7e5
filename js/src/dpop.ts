// Proofs of possession (RFC 9449): whoever presents a token holds the key that it was issued to. With `token.ts`, what `jose`
// is loaded for.
import { base64url, calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, errors, jwtVerify } from "jose";
import type { JWTVerifyOptions } from "jose";
import { Lru } from "./lru.js";

/** A proof is for one request: made this long before it at most, seconds (RFC 9449, section 11.1: "seconds or minutes"). */
const AGE_SECONDS = 60;
/** Proofs remembered, so that none is accepted twice here. */
const REMEMBERED = 10_000;
/** A longer proof, or name of one, is refused: characters. */
const PROOF_LIMIT = 4_096;
const NAME_LIMIT = 256;

/** What a proof has to be about. */
export interface Proving {
  /** The access token. */
  token: string;
  /** Thumbprint of the key it is bound to: `cnf.jkt`. */
  thumbprint: string;
  method: string;
  url: string;
  /** Milliseconds. */
  now: number;
}

/** Verifies what a `DPoP` header proves. */
export class ProofVerifier {
  readonly #options: JWTVerifyOptions;
  readonly #tolerance: number;
  readonly #seen = new Lru<true>(REMEMBERED);

  constructor({ algorithms, clockTolerance }: { algorithms: string[]; clockTolerance: number }) {
    this.#tolerance = clockTolerance;
    this.#options = {
      algorithms,
      clockTolerance,
      typ: "dpop+jwt",
      maxTokenAge: AGE_SECONDS,
      requiredClaims: ["jti", "htm", "htu", "iat", "ath"],
    };
  }

  /** Whether the proof is by the key that the token is bound to, for this request, and new. */
  async proves(proof: string | undefined, { token, thumbprint, method, url, now }: Proving): Promise<boolean> {
    if (proof === undefined || proof.length > PROOF_LIMIT) return false;
    try {
      // First: what verifying costs is up to the key, and only the one that the token is bound to was chosen by its issuer.
      const { jwk } = decodeProtectedHeader(proof);
      if (jwk === undefined || (await calculateJwkThumbprint(jwk)) !== thumbprint) return false;
      const options = { ...this.#options, currentDate: new Date(now) };
      const { payload } = await jwtVerify(proof, EmbeddedJWK, options);
      const { jti, htm, htu, ath } = payload;
      if (typeof jti !== "string" || jti.length > NAME_LIMIT || htm !== method || !isSame(htu, url)) return false;
      if (ath !== (await digest(token))) return false;
      return this.#isNew(`${thumbprint} ${jti}`, now);
    } catch (error) {
      // The client wrote all of it: whatever is wrong with it, it proves nothing.
      if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return false;
      throw error;
    }
  }

  #isNew(name: string, now: number): boolean {
    if (this.#seen.get(name, now) !== undefined) return false;
    this.#seen.set(name, true, now + (AGE_SECONDS + 2 * this.#tolerance) * 1000);
    return true;
  }
}

/** `htu` is the address without query and fragment. */
function isSame(htu: unknown, url: string): boolean {
  if (typeof htu !== "string" || !URL.canParse(htu)) return false;
  const [stated, asked] = [new URL(htu), new URL(url)];
  return stated.origin === asked.origin && stated.pathname === asked.pathname;
}

async function digest(token: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))));
}
