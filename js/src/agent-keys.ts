import { text } from "./facts.js";
import { Lru } from "./lru.js";
import type { AgentDirectory, Jwk, Request } from "./types.js";

export interface AgentKeysOptions {
  /** How long a signed request waits for a directory that is not cached, milliseconds. Default 1,000. */
  timeoutMs?: number | undefined;
  /** Sends the requests. Default: the platform's `fetch`. */
  fetch?: ((request: globalThis.Request) => Promise<Response>) | undefined;
}

const PATH = "/.well-known/http-message-signatures-directory";
/** Keys are fetched again after what `Cache-Control` says, but within these bounds: milliseconds. */
const FRESH_MIN_MS = 60_000;
const FRESH_MAX_MS = 3_600_000;
/** After a failure nobody asks again for so long: milliseconds. */
const RETRY_MS = 60_000;
/** Keys of a directory that has been out of reach for so long are given up: milliseconds. */
const STALE_MAX_MS = 86_400_000;
/** Requests that may wait for the same directory at once; others go on without its keys. */
const WAITING_LIMIT = 8;
const SIZE_LIMIT = 64 * 1024;
const KEY_LIMIT = 32;
const DIRECTORY_LIMIT = 256;

interface Cached {
  directory: AgentDirectory | undefined;
  /** When to ask again. */
  due: number;
  /** When to give it up if nothing new can be had. */
  until: number;
}

/** What of a request tells about its signature. */
interface Signed {
  url: string;
  header: (name: string) => string | undefined;
}

/**
 * Keys of agents that sign their requests (Web Bot Auth), from the directories that the bundle allows: the request
 * says which one, and never where to. A directory that answers replaces what is cached; one that does not leaves it.
 */
export class AgentKeys {
  readonly #timeoutMs: number;
  readonly #fetch: (request: globalThis.Request) => Promise<Response>;
  readonly #report: (message: string) => void;
  readonly #cache = new Lru<Cached>(DIRECTORY_LIMIT);
  // A promise is not shared between requests: some hosts do not let one request wait for another's I/O.
  readonly #waiting = new Map<string, number>();

  constructor(options: AgentKeysOptions, report: (message: string) => void) {
    this.#timeoutMs = options.timeoutMs ?? 1_000;
    this.#fetch = options.fetch ?? ((request) => fetch(request));
    this.#report = report;
  }

  /** What only a signed request needs: its query, and the keys of the directory it names. Never rejects. */
  read(request: Signed, allowed: readonly string[], now: number): Promise<Request> | undefined {
    if (request.header("signature-input")?.includes("web-bot-auth") !== true) return undefined;
    return this.#read(request, allowed, now);
  }

  async #read(request: Signed, allowed: readonly string[], now: number): Promise<Request> {
    const query = URL.canParse(request.url) ? new URL(request.url).search.slice(1) : null;
    const facts: Request = { http: { query } };
    const url = named(request.header("signature-agent") ?? "").find((origin) => allowed.includes(origin));
    const directory = url === undefined ? undefined : await this.#directory(url, now);
    return directory === undefined ? facts : { ...facts, agentDirectory: directory };
  }

  async #directory(url: string, now: number): Promise<AgentDirectory | undefined> {
    const cached = this.#cache.get(url, now);
    const waiting = this.#waiting.get(url) ?? 0;
    if ((cached !== undefined && now < cached.due) || waiting >= WAITING_LIMIT) return cached?.directory;
    this.#waiting.set(url, waiting + 1);
    try {
      const { directory, maxAgeMs } = await this.#ask(url);
      this.#keep(url, { directory, due: now + maxAgeMs, until: now + STALE_MAX_MS });
      return directory;
    } catch (error) {
      this.#report(`the keys of ${url} can not be had: ${String(error)}`);
      // Another request may have asked as well, and been answered.
      const latest = this.#cache.get(url, now);
      if (latest !== undefined && latest !== cached) return latest.directory;
      this.#keep(url, { directory: undefined, until: now + RETRY_MS, ...cached, due: now + RETRY_MS });
      return cached?.directory;
    } finally {
      const left = (this.#waiting.get(url) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(url);
      else this.#waiting.set(url, left);
    }
  }

  #keep(url: string, cached: Cached): void {
    this.#cache.set(url, cached, cached.until);
  }

  async #ask(url: string): Promise<{ directory: AgentDirectory; maxAgeMs: number }> {
    const request = new Request(url + PATH, {
      headers: { accept: "application/http-message-signatures-directory+json" },
      redirect: "manual",
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const response = await this.#fetch(request);
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`answered ${response.status}`);
    }
    const maxAge = Number(/(?:^|[\s,])max-age=(\d{1,9})/i.exec(response.headers.get("cache-control") ?? "")?.[1] ?? 3600);
    const maxAgeMs = Math.min(Math.max(maxAge * 1000, FRESH_MIN_MS), FRESH_MAX_MS);
    return { directory: { url, keys: keys(JSON.parse(await body(response))) }, maxAgeMs };
  }
}

/** The origins that a `Signature-Agent` names, whichever of its forms it has; the engine judges which one counts. */
function named(header: string): string[] {
  return [...header.matchAll(/"(https:\/\/[^"\\]{1,300})"/gi)].flatMap(([, url = ""]) =>
    URL.canParse(url) ? [new URL(url).origin] : [],
  );
}

async function body(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let [read, size] = ["", 0];
  // Whatever length is announced, no more than the limit is read.
  for (;;) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) return read + decoder.decode();
    size += chunk.value.length;
    if (size > SIZE_LIMIT) {
      await reader?.cancel();
      throw new RangeError(`more than ${SIZE_LIMIT} bytes`);
    }
    read += decoder.decode(chunk.value, { stream: true });
  }
}

/** The members that the engine reads, of keys that have them. */
function keys(directory: unknown): Jwk[] {
  const listed = (directory as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(listed)) throw new TypeError("it has no list of keys");
  return listed.slice(0, KEY_LIMIT).flatMap((entry: Record<string, unknown> | null) => {
    const [kty, crv, x] = [text(entry?.["kty"]), text(entry?.["crv"]), text(entry?.["x"])];
    if (kty === undefined || crv === undefined || x === undefined) return [];
    const key: Jwk = { kty, crv, x };
    for (const name of ["nbf", "exp"] as const) {
      const time = entry?.[name];
      if (typeof time === "number" && Number.isSafeInteger(time)) key[name] = time;
    }
    return [key];
  });
}
