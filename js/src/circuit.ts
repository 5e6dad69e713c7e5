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

  get state(): CircuitState {
    if (this.#openMs === 0) return "closed";
    return this.#probing ? "halfOpen" : "open";
  }

  /** Whether to ask now. Open, `true` makes the caller the probe. */
  allows(now: number): boolean {
    if (this.#openMs === 0) return true;
    if (now < this.#nextProbe) return false;
    // A probe may be lost with the request that made it: the next one need not wait for its fate for ever.
    this.#nextProbe = now + this.#openMs;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openMs = 0;
    this.#probing = false;
  }

  failed(now: number): void {
    this.#failures += 1;
    if (this.#failures < FAILURES) return;
    this.#openMs = this.#openMs === 0 ? OPEN_MS : Math.min(this.#openMs * 2, OPEN_LIMIT_MS);
    this.#nextProbe = now + this.#openMs;
    this.#probing = false;
  }

  /** The other side answered something else: worth a probe at once. */
  heard(now: number): void {
    if (this.#openMs > 0) this.#nextProbe = Math.min(this.#nextProbe, now);
  }
}
