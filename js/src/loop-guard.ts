import { cookie, isReadable } from "./cookies.js";

/** After this many redirects of one page to the step-up address within {@link SECONDS} a person is told instead. */
const LIMIT = 3;
const SECONDS = 120;
const COOKIE = "edgeward_step_up";
/** Pages that are counted at once: tabs that open together are each sent to verify. The oldest is forgotten first. */
const PAGES = 8;

/** A page and its count, as they are written here: what anybody else wrote is not handed back. */
const PAIR = /^([a-z\d]{1,7})\.(\d)$/;

/**
 * Counts how often a browser was sent to verify from a page, in a cookie of its own: `page.times~page.times`. Who changes it
 * only sends himself around once more.
 */
export class LoopGuard {
  readonly #page: string;
  readonly #secure: string;
  readonly #isReadable: boolean;
  readonly #counts: Map<string, number>;

  /** `url`: the page that is asked for. Its query does not count, because what verifies may add to it. */
  constructor(cookies: string | undefined, url: string) {
    const { pathname, protocol } = new URL(url);
    this.#page = fingerprint(pathname);
    this.#secure = protocol === "https:" ? "; Secure" : "";
    this.#isReadable = isReadable(cookies);
    this.#counts = new Map(
      (cookie(cookies, COOKIE) ?? "")
        .split("~", PAGES)
        .map((pair) => PAIR.exec(pair) ?? [])
        .filter(([pair]) => pair !== undefined)
        .map(([, page, times]) => [page as string, Number(times)]),
    );
  }

  get #times(): number {
    return this.#counts.get(this.#page) ?? 0;
  }

  /**
   * Whether verifying has not helped, and will not: it can not with a header too long for the count, or for a session, to be
   * read in it.
   */
  get isLooping(): boolean {
    return this.#times >= LIMIT || !this.#isReadable;
  }

  /** The cookie that remembers one redirect more. */
  counted(): string {
    const counts = new Map(this.#counts);
    counts.delete(this.#page);
    const pairs = [...counts, [this.#page, this.#times + 1] as const].slice(-PAGES);
    const value = pairs.map(([page, times]) => `${page}.${times}`).join("~");
    return `${COOKIE}=${value}; Max-Age=${SECONDS}; Path=/; HttpOnly; SameSite=Lax${this.#secure}`;
  }
}

/** FNV-1a, 32 bits, in base 36. Two pages that share it share their count, and nothing else. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}
