import { EdgewardError } from "./errors.js";
import { Lru } from "./lru.js";
import type { Answer, Assessment, Receipt, SignatureEnvelope } from "./types.js";

export interface ScorerOptions {
  /** Base address of the central scorer. */
  url: string;
  /** Bearer token. */
  token: string;
  /** How long a deferred request waits for its answer, milliseconds. Default 400. */
  timeoutMs?: number | undefined;
  /** How often a newer bundle is looked for, milliseconds. Default 60,000. */
  bundleIntervalMs?: number | undefined;
  /** How often revocations and risk levels are fetched, milliseconds. Default 2,000. */
  stateIntervalMs?: number | undefined;
  /** State older than this is fetched before the next decision instead of after it, milliseconds. Default 30,000. */
  stateMaxAgeMs?: number | undefined;
  /** Sends the requests. Default: the platform's `fetch`. */
  fetch?: ((request: globalThis.Request) => Promise<Response>) | undefined;
}

/**
 * Why the scorer could not be used: too late, not there, unwilling (a wrong token, overloaded), unreadable, or it
 * says that what it was sent is at fault.
 */
export type ScorerProblem = "timeout" | "unreachable" | "refused" | "garbage" | "rejected";

export interface ScorerMetrics {
  /** Assessments asked for over the network. */
  asked: number;
  /** Assessments answered from an answer still fresh. */
  reused: number;
  /** Assessments, bundles, states and receipts that failed, by cause. */
  problems: Record<ScorerProblem, number>;
  receiptsSent: number;
  receiptsDropped: number;
}

/** A bundle as the scorer serves it. */
export interface ServedBundle {
  text: string;
  etag: string | undefined;
  signature: SignatureEnvelope | undefined;
}

/** No answer of the scorer is larger, bundles excepted: bytes. */
const ANSWER_LIMIT = 256 * 1024;
const BUNDLE_LIMIT = 16 * 1024 * 1024;
/** The bundle is the one already here, or none was published yet. */
const NOTHING_NEW = [304, 404];
/** The message is at fault, and would be again. */
const AT_FAULT = [400, 413, 422];
const BATCH = 100;
const QUEUE_LIMIT = 2_000;
const CACHE_ENTRIES = 10_000;
/** An answer is not reused longer than this whatever it says: milliseconds. */
const TTL_LIMIT_MS = 3_600_000;
/** Bundles and receipts are not on a request's path and may take longer: milliseconds. */
const BACKGROUND_TIMEOUT_MS = 2_000;

/**
 * The edge's side of the conversation with the central scorer. No failure of it is thrown: a question without a
 * usable answer in time is `undefined`, and counted.
 */
export class ScorerClient {
  readonly metrics: ScorerMetrics = {
    asked: 0,
    reused: 0,
    problems: { timeout: 0, unreachable: 0, refused: 0, garbage: 0, rejected: 0 },
    receiptsSent: 0,
    receiptsDropped: 0,
  };
  readonly #base: string;
  readonly #token: string;
  readonly #timeoutMs: number;
  readonly #fetch: (request: globalThis.Request) => Promise<Response>;
  readonly #report: (problem: ScorerProblem, message: string) => void;
  readonly #answers = new Lru<{ asked: readonly string[]; answer: Answer }>(CACHE_ENTRIES);
  #queue: Receipt[] = [];

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(options: ScorerOptions, report: (problem: ScorerProblem, message: string) => void) {
    if (!URL.canParse(options.url)) {
      throw new EdgewardError("invalid_option", `\`${options.url}\` is not an address`, { path: "scorer.url" });
    }
    if (typeof options.token !== "string" || options.token === "") {
      throw new EdgewardError("invalid_option", "the scorer's token is missing", { path: "scorer.token" });
    }
    this.#base = options.url.replace(/\/+$/, "");
    this.#token = options.token;
    this.#timeoutMs = options.timeoutMs ?? 400;
    this.#fetch = options.fetch ?? ((request) => fetch(request));
    this.#report = report;
  }

  /**
   * Asks for the facts in `needs`. An answer still fresh is reused if it was given about the same principal,
   * session, device, place and client, and was asked for the same facts at least.
   */
  async assess(assessment: Assessment, now: number): Promise<Answer | undefined> {
    const key = JSON.stringify({ ...assessment.about, time: undefined });
    const known = this.#answers.get(key, now);
    if (known !== undefined && assessment.needs.every((need) => known.asked.includes(need))) {
      this.metrics.reused += 1;
      return known.answer;
    }
    this.metrics.asked += 1;
    const body = await this.#json("/v1/assess", this.#timeoutMs, post(assessment));
    if (body === undefined) return undefined;
    if (!isAnswer(body)) return this.#failed("garbage", "the answer to an assessment has no facts or no lifetime");
    const lifetime = Math.min(body.ttlSeconds * 1000, TTL_LIMIT_MS);
    if (lifetime > 0) this.#answers.set(key, { asked: assessment.needs, answer: body }, now + lifetime);
    return body;
  }

  /** The newest bundle, or `undefined` if it is the one named by `etag`, or there is none to be had. */
  async bundle(etag: string | undefined): Promise<ServedBundle | undefined> {
    const headers: Record<string, string> = etag === undefined ? {} : { "if-none-match": etag };
    const take = async (response: Response): Promise<ServedBundle | undefined> => {
      if (NOTHING_NEW.includes(response.status)) return undefined;
      const text = await read(response, BUNDLE_LIMIT);
      const header = response.headers.get("edgeward-signature");
      return {
        text,
        etag: response.headers.get("etag") ?? undefined,
        signature: header === null ? undefined : (JSON.parse(header) as SignatureEnvelope),
      };
    };
    return this.#exchange("/v1/bundle", BACKGROUND_TIMEOUT_MS, { headers }, take, NOTHING_NEW);
  }

  /** Changes of revocations and risk levels after `cursor`. */
  async state(cursor: number, urgent: boolean): Promise<unknown> {
    return this.#json(`/v1/state?since=${cursor}`, urgent ? this.#timeoutMs : BACKGROUND_TIMEOUT_MS, {});
  }

  /** Keeps a receipt for the next {@link flush}. */
  record(receipt: Receipt): void {
    this.#queue.push(receipt);
    if (this.#queue.length > QUEUE_LIMIT) {
      this.#queue.shift();
      this.metrics.receiptsDropped += 1;
    }
  }

  /** Receipts waiting. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Sends what waits, in batches. What fails is kept for the next time; a batch that the scorer finds at fault is
   * dropped, because it would be at fault for ever and hold up all others.
   */
  async flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, BATCH);
      this.#queue = this.#queue.slice(BATCH);
      const taken = await this.#exchange("/v1/receipts", BACKGROUND_TIMEOUT_MS, post({ receipts: batch }), (response) =>
        Promise.resolve(response.ok),
      );
      if (taken === undefined) {
        this.#queue = [...batch, ...this.#queue].slice(-QUEUE_LIMIT);
        return;
      }
      if (taken) this.metrics.receiptsSent += batch.length;
      else this.metrics.receiptsDropped += batch.length;
    }
  }

  #json(path: string, timeoutMs: number, init: RequestInit): Promise<unknown> {
    return this.#exchange(path, timeoutMs, init, async (response) =>
      response.ok ? (JSON.parse(await read(response, ANSWER_LIMIT)) as unknown) : undefined,
    );
  }

  async #exchange<T>(
    path: string,
    timeoutMs: number,
    init: RequestInit,
    take: (response: Response) => Promise<T>,
    alsoFine: readonly number[] = [],
  ): Promise<T | undefined> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const request = new Request(`${this.#base}${path}`, { ...init, redirect: "manual", signal });
      request.headers.set("authorization", `Bearer ${this.#token}`);
      const response = await this.#fetch(request);
      const { status } = response;
      if (AT_FAULT.includes(status)) this.#failed("rejected", `${path} answered ${status}`);
      else if (!response.ok && !alsoFine.includes(status)) return this.#failed("refused", `${path} answered ${status}`);
      try {
        return await take(response);
      } catch (error) {
        if (signal.aborted) throw error;
        return this.#failed("garbage", `${path} answered what can not be read: ${String(error)}`);
      } finally {
        // A body that was not read would keep its connection.
        if (!response.bodyUsed) await response.body?.cancel();
      }
    } catch (error) {
      return signal.aborted
        ? this.#failed("timeout", `${path} did not answer within ${timeoutMs} ms`)
        : this.#failed("unreachable", `${path} can not be reached: ${String(error)}`);
    }
  }

  #failed(problem: ScorerProblem, message: string): undefined {
    this.metrics.problems[problem] += 1;
    this.#report(problem, message);
    return undefined;
  }
}

function post(body: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function read(response: Response, limit: number): Promise<string> {
  if (Number(response.headers.get("content-length")) > limit) {
    await response.body?.cancel();
    throw new RangeError(`more than ${limit} bytes`);
  }
  const text = await response.text();
  if (text.length > limit) throw new RangeError(`more than ${limit} bytes`);
  return text;
}

/** The envelope only: the facts themselves are the engine's to judge. */
function isAnswer(body: unknown): body is Answer {
  if (typeof body !== "object" || body === null) return false;
  const { facts, ttlSeconds } = body as Record<string, unknown>;
  return typeof facts === "object" && facts !== null && typeof ttlSeconds === "number" && ttlSeconds >= 0;
}
