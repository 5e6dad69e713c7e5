/** How long something counts: milliseconds. */
const HOUR_MS = 3_600_000;
/** What one object keeps and counts at most; the bins of the risk model end far below. */
const LIMIT = 256;
const SEEN = "seen";

/** Something that was counted, and when it was last seen: milliseconds since the Unix epoch. Oldest first. */
type Seen = [key: string, time: number];

/** The part of a Durable Object's storage that is used. */
export interface CounterStorage {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<boolean>;
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
}

/**
 * A Durable Object that counts how many different keys it was given within an hour, 256 at most. The option `velocity`
 * makes one for each principal, whose keys are failed sign-ins, and one for each address, whose keys are principals.
 *
 * What it counts is stored: an object that has little to do is put out of memory within seconds, and one that forgot
 * would answer 0, which says that nothing happened. It is one small value, gone with the hour.
 */
export class VelocityCounter {
  readonly #storage: CounterStorage;

  constructor(state: { storage: CounterStorage }) {
    this.#storage = state.storage;
  }

  /** How many there are, `?key=` counted in whether or not it was seen; `POST` remembers it. */
  async fetch(request: globalThis.Request): Promise<Response> {
    const key = new URL(request.url).searchParams.get("key");
    const now = Date.now();
    const seen = await this.#live(now);
    if (key === null) return answer(seen);
    // Whoever is seen again becomes the newest, so that what the limit drops is always the oldest.
    const all: Seen[] = [...seen.filter(([other]) => other !== key), [key, now]];
    if (request.method === "POST") {
      await this.#storage.put(SEEN, all.slice(-LIMIT));
      if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(now + HOUR_MS);
    }
    return answer(all);
  }

  /** An hour after something was seen: forgets, or waits for the newest to pass. */
  async alarm(): Promise<void> {
    const [, newest] = (await this.#live(Date.now())).at(-1) ?? [];
    if (newest === undefined) await this.#storage.delete(SEEN);
    else await this.#storage.setAlarm(newest + HOUR_MS);
  }

  async #live(now: number): Promise<Seen[]> {
    const seen = (await this.#storage.get<Seen[]>(SEEN)) ?? [];
    return seen.filter(([, time]) => now - time < HOUR_MS);
  }
}

function answer(seen: readonly Seen[]): Response {
  return new Response(String(Math.min(seen.length, LIMIT)));
}
