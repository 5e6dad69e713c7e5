import type { Asker } from "./answer.js";
import { cookie } from "./cookies.js";
import type { Engine, LineSeen } from "./engine.js";
import { EdgewardError, fault } from "./errors.js";
import { group } from "./facts.js";
import { Lru } from "./lru.js";
import { randomHex } from "./hex.js";
import { inTime, PROFILE_KEY, READ_MS, WRITE_MS } from "./store.js";
import type { Store } from "./store.js";
import type { CookieUse, ProfileKey, Request, SealOutcome } from "./types.js";

/** Profiles kept at the edge, sealed, so that a principal's past is known without asking for it. */
export interface ProfileOptions {
  /** Keys that seal profiles: the first seals, all open. Need an `identifierKey`, because profiles hold keyed hashes. */
  keys: readonly ProfileKey[];
  /**
   * Where the sealed profiles are kept, by the keyed hash of the principal. Without it each device carries its own in
   * a `__Host-` cookie, which also tells one device from another, and a copied cookie from the first.
   */
  store?: Store | undefined;
}

/** What came with a request. */
export interface Carried {
  /** The facts of the request, with what the profile tells. */
  facts: Request;
  /** What became of the sealed profile; `undefined` where nobody is there to have one. */
  outcome: SealOutcome | undefined;
  /** Which cookie of its line was presented. */
  cookie: CookieUse | undefined;
  sealed: string | undefined;
  /** Whether there is another profile to keep, should the request be allowed. */
  isDue: boolean;
}

/** Half a year, seconds: what is older opens no more. */
const MAX_AGE_SECONDS = 15_552_000;
const NAME = "edgeward-profile";
const LINES = 10_000;

/** Opens the profile that came with a request, and renews it after one that was allowed. */
export class Profiles {
  readonly #engine: Engine;
  readonly #store: Store | undefined;
  readonly #report: (code: string, message: string) => void;
  readonly #isForked: (principal: string, line: string) => boolean;
  /** What this instance saw of cookies; what others saw comes with the scorer's state. */
  readonly #lines = new Lru<LineSeen>(LINES);

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(
    engine: Engine,
    options: ProfileOptions,
    isForked: (principal: string, line: string) => boolean,
    report: (code: string, message: string) => void,
  ) {
    if (!Array.isArray(options.keys) || options.keys.length === 0) {
      throw new EdgewardError("invalid_option", "there is no key to seal profiles with", { path: "profiles.keys" });
    }
    this.#engine = engine;
    this.#store = options.store;
    this.#isForked = isForked;
    this.#report = report;
  }

  /** `isBearer`: the session's token came as a bearer token. Never rejects: a profile that can not be had is none. */
  async open(facts: Request, asker: Asker, isBearer: boolean, now: number): Promise<Carried> {
    const id = person(facts);
    if (id === undefined) return { facts, ...NOBODY };
    try {
      const principal = this.#engine.identifier("principal", id);
      const sealed =
        this.#store === undefined
          ? cookie(asker.header("cookie"), name(asker))
          : await inTime(this.#store.get(PROFILE_KEY + principal), READ_MS);
      const opened = this.#engine.openProfile(facts, sealed);
      const known = { ...facts, profile: facts.profile ?? opened.profile ?? null };
      const carried = { facts: known, outcome: opened.outcome, sealed, cookie: undefined, isDue: opened.isDue };
      // A profile in a store says nothing about the device; nor does a client with a bearer token, which keeps none.
      if (this.#store !== undefined) return carried;
      if (sealed === undefined && isBearer) return { facts, ...NOBODY };
      const state = opened.cookie === undefined ? "none" : this.#follow(principal, opened.cookie, now) ? "forked" : "current";
      return {
        ...carried,
        cookie: opened.cookie,
        isDue: opened.isDue || state === "forked",
        facts: { ...known, device: group({ cookie: state }, facts.device) },
      };
    } catch (error) {
      this.#report("profile", `a profile can not be opened: ${fault(error)}`);
      return { facts, ...NOBODY };
    }
  }

  /**
   * After a decision: the `Set-Cookie` that goes with the answer, if devices carry their profiles. A copied cookie is taken
   * away: whoever signs in again begins a line of their own.
   */
  renew({ facts, sealed, outcome, isDue }: Carried, asker: Asker, mayLearn: boolean): string | undefined {
    if (this.#store !== undefined || person(facts) === undefined || outcome === undefined) return undefined;
    try {
      const renewed = mayLearn && isDue ? this.#engine.renewProfile(facts, sealed, nonce()) : undefined;
      if (renewed !== undefined) return written(asker, renewed, MAX_AGE_SECONDS);
      return facts.device?.cookie === "forked" ? written(asker, "", 0) : undefined;
    } catch (error) {
      this.#report("profile", `a profile can not be renewed: ${fault(error)}`);
      return undefined;
    }
  }

  /** After a decision, and nobody waits for it: has the store keep the profile, if there is one. Never rejects. */
  async keep({ facts, sealed, isDue }: Carried, mayLearn: boolean): Promise<void> {
    const id = person(facts);
    if (this.#store === undefined || id === undefined || !mayLearn || !isDue) return;
    try {
      const renewed = this.#engine.renewProfile(facts, sealed, nonce());
      if (renewed === undefined) return;
      await inTime(this.#store.put(PROFILE_KEY + this.#engine.identifier("principal", id), renewed), WRITE_MS);
    } catch (error) {
      this.#report("profile", `a profile can not be kept: ${fault(error)}`);
    }
  }

  #follow(principal: string, presented: CookieUse, now: number): boolean {
    const key = `${principal}:${presented.line}`;
    const seen = this.#engine.followLine(this.#lines.get(key, now), presented, now);
    this.#lines.set(key, seen, Number.POSITIVE_INFINITY);
    return seen.isForked || this.#isForked(principal, presented.line);
  }
}

/** Services and agents keep no cookies and have no habits. */
function person({ principal }: Request): string | undefined {
  return principal?.kind === "user" && principal.id ? principal.id : undefined;
}

export const NOBODY = { outcome: undefined, cookie: undefined, sealed: undefined, isDue: false } as const;

/** `__Host-` (RFC 6265bis): set by this host itself, over TLS. Without TLS, for development, a name that promises nothing. */
function name({ url }: Asker): string {
  return url.startsWith("https:") ? `__Host-${NAME}` : NAME;
}

function written(asker: Asker, value: string, maxAge: number): string {
  const secure = asker.url.startsWith("https:") ? "; Secure" : "";
  return `${name(asker)}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

/** 24 random bytes: so many that no two seals ever share them. */
function nonce(): string {
  return randomHex(24);
}
