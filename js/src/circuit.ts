/** So many failures in a row open the circuit. */
const FAILURES = 5;
/** How long it stays open at first, and at most; it doubles each time a probe fails: milliseconds. */
const OPEN_MS = 1_000;
const OPEN_LIMIT_MS = 30_000;

export type CircuitState = "closed" | "open" | "halfOpen";

/**
 * Keeps a scorer that fails from being asked, and requests from waiting for it. Open, nobody asks; after a while one
 * question is let through as a probe, and its fate decides. Times are milliseconds.
 */
export class Circuit {
  #failures = 0;
  #openMs = 0;
  #nextProbe = Number.NEGATIVE_INFINITY;
  #probing = false;
  /** Goes up whenever it opens, closes or probes: a failure says something of the time it was asked in, and of no other. */
  #era = 0;

  get state(): CircuitState {
    if (this.#openMs === 0) return "closed";
    return this.#probing ? "halfOpen" : "open";
  }

  /** Whether to ask now, and the era to tell {@link failed}. Open, it makes the caller the probe. */
  enter(now: number): number | undefined {
    if (this.#openMs === 0) return this.#era;
    if (now < this.#nextProbe) return undefined;
    // A probe may be lost with the request that made it: the next one need not wait for its fate for ever.
    this.#nextProbe = now + this.#openMs;
    this.#probing = true;
    return this.#begin();
  }

  succeeded(): void {
    this.#failures = 0;
    if (this.#openMs === 0) return;
    this.#openMs = 0;
    this.#probing = false;
    this.#begin();
  }

  /** `now`: when it failed. */
  failed(era: number, now: number): void {
    if (era !== this.#era) return;
    this.#failures += 1;
    if (this.#failures < FAILURES) return;
    this.#openMs = this.#openMs === 0 ? OPEN_MS : Math.min(this.#openMs * 2, OPEN_LIMIT_MS);
    this.#nextProbe = now + this.#openMs;
    this.#probing = false;
    this.#begin();
  }

  /** The other side answered something else: worth a probe at once. */
  heard(now: number): void {
    if (this.#openMs > 0) this.#nextProbe = Math.min(this.#nextProbe, now);
  }

  #begin(): number {
    this.#era += 1;
    return this.#era;
  }
}
