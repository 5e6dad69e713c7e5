/** A bucket that holds a second's worth of questions. Times are milliseconds. */
export class Budget {
  readonly #perSecond: number;
  #left: number;
  #filledAt: number | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Takes one, if there is one. */
  spend(now: number): boolean {
    const earned = (Math.max(0, now - (this.#filledAt ?? now)) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
