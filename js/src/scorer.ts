import { Budget } from "./budget.js";
import type { AskedFor } from "./budget.js";
import { Circuit } from "./circuit.js";
import type { CircuitState } from "./circuit.js";
import { fault } from "./errors.js";
import { Lru } from "./lru.js";
import { patience } from "./patience.js";
import { histogram, observe } from "./telemetry.js";
import type { Histogram } from "./telemetry.js";
import { post, text, Transport } from "./transport.js";
import type { Exchange, ScorerProblem, Sent } from "./transport.js";
import type { Answer, Assessment, SignatureEnvelope } from "./types.js";

export interface ScorerOptions {
  /** Base address of the central scorer. */
  url: string;
  /** Bearer token. */
  token: string;
  /** How long a deferred request waits for its answer, milliseconds. Default 400. */
  timeoutMs?: number | undefined;
  /**
   * Asks a second time when the first question is so old, and takes the first answer within `timeoutMs`: milliseconds.
   * Default: never.
   */
  hedgeAfterMs?: number | undefined;
  /** Questions per second at most, so that a flood here is none there; beyond it outage modes decide. Default 1,000. */
  questionsPerSecond?: number | undefined;
  /** How often a newer bundle is looked for, milliseconds. Default 60,000. */
  bundleIntervalMs?: number | undefined;
  /** How often revocations and risk levels are fetched, milliseconds. Default 2,000. */
  stateIntervalMs?: number | undefined;
  /**
   * State older than this is fetched before the next decision instead of after it, as much as comes within a second:
   * milliseconds. Default 30,000.
   */
  stateMaxAgeMs?: number | undefined;
  /**
   * Share of what is allowed without asking that the scorer audits, chosen at random: it decides by them whether this
   * edge may go on allowing by itself. Default 0.02.
   */
  auditShare?: number | undefined;
  /** Sends the requests. Default: the platform's `fetch`. */
  fetch?: ((request: globalThis.Request) => Promise<Response>) | undefined;
}

export interface ScorerMetrics {
  /** Assessments asked for over the network. */
  asked: number;
  /** Assessments answered from an answer still fresh. */
  reused: number;
  /** Assessments answered by a question that another request had just asked. */
  joined: number;
  /** Questions asked a second time. */
  hedged: number;
  /** Assessments, bundles, states and receipts that failed, by cause. */
  problems: Record<ScorerProblem, number>;
  /** How long assessments over the network took, answered or not. */
  latency: Histogram;
  circuit: CircuitState;
  receiptsSent: number;
  receiptsDropped: number;
}

/** An answer that could be used. */
export interface Assessed<T> {
  answer: Answer;
  /** What came of it. */
  used: T;
  /** Until when it may be used again, on the clock of `performance`: milliseconds. */
  until: number;
}

/** A bundle as the scorer serves it. */
export interface ServedBundle {
  text: string;
  etag: string | undefined;
  signature: SignatureEnvelope | undefined;
}

/** As much as the engine takes. */
const BUNDLE_LIMIT = 32 * 1024 * 1024;
/** A page of state has a thousand entries, of two ids of 256 bytes at most, and JSON may double them: bytes. */
const STATE_LIMIT = 2 * 1024 * 1024;
/** The bundle is the one already here, or none was published yet. */
const NOTHING_NEW = [304, 404];
const BATCH = 100;
const QUEUE_LIMIT = 2_000;
const CACHE_ENTRIES = 10_000;
/** No answer, nor the profile in it, is used longer than this whatever it says: milliseconds. */
const TTL_LIMIT_MS = 3_600_000;
/** Bundles and receipts are not on a request's path and may take longer: milliseconds. */
const BACKGROUND_TIMEOUT_MS = 2_000;

/**
 * The edge's side of the conversation with the central scorer. No failure of it is thrown: a question without a
 * usable answer in time is `undefined`, and counted.
 */
export class ScorerClient {
  readonly metrics: ScorerMetrics;
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  readonly #hedgeAfterMs: number | undefined;
  readonly #budget: Budget;
  readonly #circuit = new Circuit();
  readonly #answers = new Lru<Heard & { asked: readonly string[] }>(CACHE_ENTRIES);
  readonly #asking = new Map<string, Asking>();
  #queue: string[] = [];

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(options: ScorerOptions, report: (problem: ScorerProblem, message: string) => void) {
    this.#transport = new Transport(options.url, options.token, options.fetch, report);
    this.#timeoutMs = options.timeoutMs ?? 400;
    this.#hedgeAfterMs = options.hedgeAfterMs;
    this.#budget = new Budget(options.questionsPerSecond ?? 1_000);
    const circuit = this.#circuit;
    this.metrics = {
      asked: 0,
      reused: 0,
      joined: 0,
      hedged: 0,
      problems: this.#transport.problems,
      latency: histogram(),
      get circuit() {
        return circuit.state;
      },
      receiptsSent: 0,
      receiptsDropped: 0,
    };
  }

  /**
   * Asks for the facts in `needs` and has the answer used. An answer still fresh is reused if it was given about the
   * same principal, session, device, place and client, and was asked for the same facts at least; a question like it
   * that is on its way is joined. Only what could be used is kept, and counts as an answer at all.
   * @param use throws if the answer is of no use.
   */
  async assess<T>(assessment: Assessment, use: (answer: Answer) => T): Promise<Assessed<T> | undefined> {
    const now = performance.now();
    const key = JSON.stringify({ ...assessment.about, time: undefined });
    const known = this.#answers.get(key, now);
    if (known !== undefined && covers(known.asked, assessment)) {
      this.metrics.reused += 1;
      return this.#use(known, use);
    }
    const asking = this.#asking.get(key);
    if (asking !== undefined && now < asking.until && covers(asking.asked, assessment)) return this.#join(asking, use);
    const era = this.#circuit.enter(now);
    if (era === undefined) return this.#refuse("circuit_open", "the scorer failed too often to be asked now");
    if (!this.#budget.spend(now, askerOf(assessment))) return this.#refuse("over_budget", "the scorer was asked as often as it may be");
    const answer = this.#question(assessment, era, use);
    const question: Asking = { asked: assessment.needs, answer, until: now + this.#timeoutMs };
    this.#asking.set(key, question);
    const assessed = await answer;
    if (this.#asking.get(key) === question) this.#asking.delete(key);
    if (assessed !== undefined && assessed.until > performance.now()) {
      const { answer, until } = assessed;
      this.#answers.set(key, { asked: assessment.needs, answer, until }, until);
    }
    return assessed;
  }

  /** The newest bundle, or `undefined` if it is the one named by `etag`, or there is none to be had. */
  async bundle(etag: string | undefined): Promise<ServedBundle | undefined> {
    const sent = await this.#background<ServedBundle | undefined>({
      path: "/v1/bundle",
      init: { headers: etag === undefined ? {} : { "if-none-match": etag } },
      alsoFine: NOTHING_NEW,
      take: async (response) => {
        if (NOTHING_NEW.includes(response.status)) return undefined;
        const header = response.headers.get("edgeward-signature");
        return {
          text: await text(response, BUNDLE_LIMIT),
          etag: response.headers.get("etag") ?? undefined,
          signature: header === null ? undefined : (JSON.parse(header) as SignatureEnvelope),
        };
      },
    });
    return sent.value;
  }

  /** Changes of revocations and risk levels after `cursor`. `isUrgent`: a request waits for it. */
  async state(cursor: number, isUrgent: boolean): Promise<unknown> {
    const sent = await this.#background<unknown>({
      path: `/v1/state?since=${cursor}`,
      ...(isUrgent && { timeoutMs: this.#timeoutMs }),
      take: async (response) => JSON.parse(await text(response, STATE_LIMIT)) as unknown,
    });
    return sent.value;
  }

  /** Keeps a receipt, as JSON, for the next {@link flush}. */
  record(receipt: string): void {
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
      const sent = await this.#background({
        path: "/v1/receipts",
        init: post(`{"receipts":[${batch.join(",")}]}`),
        take: () => Promise.resolve(true),
      });
      if (sent.value === true) {
        this.metrics.receiptsSent += batch.length;
      } else if (sent.problem === "rejected") {
        this.metrics.receiptsDropped += batch.length;
      } else {
        this.#queue = [...batch, ...this.#queue].slice(-QUEUE_LIMIT);
        return;
      }
    }
  }

  async #join<T>(asking: Asking, use: (answer: Answer) => T): Promise<Assessed<T> | undefined> {
    this.metrics.joined += 1;
    // A worker's request may end before its question is answered: then nobody is told of the answer.
    const heard = await patience(asking.answer, this.#timeoutMs);
    if (heard === "impatient") return this.#refuse("timeout", "a question that was joined has no answer");
    return heard && this.#use(heard, use);
  }

  #use<T>({ answer, until }: Heard, use: (answer: Answer) => T): Assessed<T> | undefined {
    try {
      return { answer, used: use(answer), until };
    } catch (error) {
      return this.#refuse("garbage", `an answer can not be used: ${fault(error)}`);
    }
  }

  /** One question, however often it is asked: it succeeds or fails once. */
  async #question<T>(assessment: Assessment, era: number, use: (answer: Answer) => T): Promise<Assessed<T> | undefined> {
    const started = performance.now();
    const { value: answer, problem } = await this.#hedged(assessment, started + this.#timeoutMs);
    const now = performance.now();
    observe(this.metrics.latency, now - started);
    const until = now + Math.min((answer?.ttlSeconds ?? 0) * 1000, TTL_LIMIT_MS);
    const assessed = answer && this.#use({ answer, until }, use);
    if (assessed !== undefined) this.#circuit.succeeded();
    // A question that is at fault says nothing of the scorer's health.
    else if (problem !== "rejected") this.#circuit.failed(era, now);
    return assessed;
  }

  /** The first answer of two askings, the second of which starts late and has what is left of the time; of one, if hedging is off. */
  async #hedged(assessment: Assessment, deadline: number): Promise<Sent<Answer>> {
    const [first, second] = [new AbortController(), new AbortController()];
    const early = this.#ask(assessment, this.#timeoutMs, first);
    if (this.#hedgeAfterMs === undefined) return early;
    const sent = await patience(early, this.#hedgeAfterMs);
    if (sent !== "impatient") return sent;
    const now = performance.now();
    if (now >= deadline || !this.#budget.spend(now, askerOf(assessment))) return early;
    this.metrics.hedged += 1;
    const answered = async (asked: Promise<Sent<Answer>>): Promise<Sent<Answer>> => {
      const sent = await asked;
      return sent.problem === undefined ? sent : Promise.reject(new Error(sent.problem));
    };
    const late = this.#ask(assessment, deadline - now, second);
    const won = await Promise.any([answered(early), answered(late)]).catch(() => early);
    // Of the one that lost nobody wants to hear any more.
    first.abort();
    second.abort();
    return won;
  }

  #ask(assessment: Assessment, timeoutMs: number, aborting: AbortController): Promise<Sent<Answer>> {
    this.metrics.asked += 1;
    return this.#transport.send({
      path: "/v1/assess",
      init: post(JSON.stringify(assessment)),
      timeoutMs,
      aborting,
      take: async (response) => answerIn(JSON.parse(await text(response))),
    });
  }

  async #background<T>(exchange: Omit<Exchange<T>, "timeoutMs"> & { timeoutMs?: number }): Promise<Sent<T>> {
    const sent = await this.#transport.send({ timeoutMs: BACKGROUND_TIMEOUT_MS, ...exchange });
    if (sent.problem === undefined) this.#circuit.heard(performance.now());
    return sent;
  }

  #refuse(problem: ScorerProblem, message: string): undefined {
    this.#transport.failed(problem, message);
  }
}

/** An answer, and until when it may be used. */
type Heard = Pick<Assessed<unknown>, "answer" | "until">;

/** A question on its way. */
interface Asking {
  asked: readonly string[];
  answer: Promise<Heard | undefined>;
  /** When it has failed at the latest: milliseconds. */
  until: number;
}

function askerOf({ about }: Assessment): AskedFor {
  const { principal, address } = about;
  if (typeof principal === "string") return { name: `principal:${principal}`, isAnonymous: false };
  return { name: typeof address === "string" ? `address:${address}` : undefined, isAnonymous: true };
}

/** Whether what was asked then includes what is asked now. */
function covers(asked: readonly string[], { needs }: Assessment): boolean {
  return needs.every((need) => asked.includes(need));
}

/**
 * The envelope only: the facts themselves are the engine's to judge.
 * @throws {TypeError} if it is none.
 */
function answerIn(body: unknown): Answer {
  const { facts, ttlSeconds } = (body ?? {}) as Record<string, unknown>;
  const isLifetime = Number.isInteger(ttlSeconds) && (ttlSeconds as number) >= 0 && (ttlSeconds as number) < 2 ** 32;
  if (typeof facts !== "object" || facts === null || !isLifetime) throw new TypeError("no facts, or no lifetime");
  return body as Answer;
}
