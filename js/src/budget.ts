/** No one asker takes more than this share of a bucket, */
const SHARE = 1 / 8;
/** and who is nobody leaves this share of it to those who are somebody. */
const RESERVED = 1 / 4;
/** Askers watched at once; beyond it all are forgotten, which favours nobody for longer than a second. */
const ASKERS_LIMIT = 10_000;

/** Who asks: a principal, or else the address; `undefined` where neither is known. */
export interface AskedFor {
  name: string | undefined;
  isAnonymous: boolean;
}

/**
 * A bucket that holds a second's worth of questions. Whoever floods it must not choose outage mode for all others:
 * each asker has a share, and a part is kept from requests without a principal. Times are milliseconds.
 */
export class Budget {
  readonly #perSecond: number;
  readonly #spent = new Map<string, number>();
  #left: number;
  #filledAt = Number.NEGATIVE_INFINITY;
  #forgottenAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Takes one, if there is one for this asker. */
  spend(now: number, { name, isAnonymous }: AskedFor): boolean {
    if (now > this.#filledAt) {
      this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#filledAt) / 1000) * this.#perSecond);
      // Never set back, or the same time would be earned again.
      this.#filledAt = now;
    }
    if (now - this.#forgottenAt >= 1000 || this.#spent.size >= ASKERS_LIMIT) {
      this.#spent.clear();
      this.#forgottenAt = now;
    }
    if (this.#left < 1 || (isAnonymous && this.#left - 1 < this.#perSecond * RESERVED)) return false;
    if (name !== undefined) {
      const spent = this.#spent.get(name) ?? 0;
      if (spent >= Math.max(1, this.#perSecond * SHARE)) return false;
      this.#spent.set(name, spent + 1);
    }
    this.#left -= 1;
    return true;
  }
}
