/**
 * Where an instance leaves the newest bundle and state for those that start cold. `edgeward/workers` has two:
 * `kvStore` and `cacheStore`. What is read is checked like what comes from the scorer: a bundle by its signature.
 */
export interface Store {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
}

/** Keys, all below one prefix: the store may be shared with others. */
export const BUNDLE_KEY = "edgeward/bundle";
export const STATE_KEY = "edgeward/state";
/** Followed by the keyed hash of the principal. */
export const PROFILE_KEY = "edgeward/profile/";
