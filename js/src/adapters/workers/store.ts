import type { Store } from "../../store.js";

/** The part of a KV namespace that is used. */
export interface KeyValueNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

/** Keeps bundle and state in Workers KV: every location sees it, after a minute at most. */
export function kvStore(namespace: KeyValueNamespace): Store {
  return {
    get: async (key) => (await namespace.get(key)) ?? undefined,
    put: (key, value) => namespace.put(key, value),
  };
}

/** An address nobody serves: the cache keeps responses, and wants to know of what. */
const CACHE_BASE = "https://edgeward.invalid/";
/** How long the cache may keep what it was given: seconds. The scorer's word comes first whenever it is there. */
const CACHE_SECONDS = 86_400;

/** Keeps bundle and state in the Cache API: one location only, but nothing to set up or to pay. */
export function cacheStore(name = "edgeward"): Store {
  const address = (key: string): string => CACHE_BASE + key;
  return {
    async get(key) {
      const cache = await caches.open(name);
      return (await cache.match(address(key)))?.text();
    },
    async put(key, value) {
      const cache = await caches.open(name);
      const headers = { "cache-control": `max-age=${CACHE_SECONDS}` };
      await cache.put(address(key), new Response(value, { headers }));
    },
  };
}
