import { hex } from "./hex.js";
import { patience } from "./patience.js";
import type { PublicKey } from "./types.js";

/**
 * Where an instance leaves the newest bundle and state for those that start cold. `edgeward/workers` has two:
 * `kvStore` and `cacheStore`. What is read is checked like what comes from the scorer: a bundle by its signature.
 */
export interface Store {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
}

/** Keys, all below one prefix: the store may be shared with others. Followed by whose they are ({@link ownerOf}). */
export const BUNDLE_KEY = "edgeward/bundle/";
export const STATE_KEY = "edgeward/state/";
/** Followed by the keyed hash of the principal. */
export const PROFILE_KEY = "edgeward/profile/";

/** How long a request waits for what is kept, milliseconds: */
export const READ_MS = 500;
/** and how long whatever follows its answer waits for something to be kept. */
export const WRITE_MS = 5_000;

/**
 * Waits for a store, but not for ever.
 * @throws {Error} if it took too long.
 */
export async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  const came = await patience(answer, ms);
  if (came === "impatient") throw new Error(`the store did not answer within ${ms} ms`);
  return came;
}

/** A name for whose scorer and signing keys it is: guards of other ones may share the store, and believe each other nothing. */
export async function ownerOf(scorerUrl: string, publicKeys: readonly PublicKey[]): Promise<string> {
  const owner = JSON.stringify([scorerUrl.replace(/\/+$/, ""), publicKeys.map(({ id, key }) => [id, key])]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(owner));
  return hex(new Uint8Array(digest, 0, 16));
}
