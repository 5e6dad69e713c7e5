import { Budget } from "./budget.js";
import type { AskedFor } from "./budget.js";
import { Circuit } from "./circuit.js";
import type { CircuitState } from "./circuit.js";
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
  /** Asks a second time when the first question is so old, and takes the first answer: milliseconds. Default: never. */
  hedgeAfterMs?: number | undefined;
  /** Questions per second at most, so that a flood here is none there; beyond it outage modes decide. Default 1,000. */
  questionsPerSecond?: number | undefined;
  /** How often a newer bundle is looked for, milliseconds. Default 60,000. */
  bundleIntervalMs?: number | undefined;
  /** How often revocations and risk levels are fetched, milliseconds. Default 2,000. */
  stateIntervalMs?: number | undefined;
  /** State older than this is fetched before the next decision instead of after it, milliseconds. Default 30,000. */
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

/** A bundle as the scorer serves it. */
export interface ServedBundle {
  text: string;
  etag: string | undefined;
  signature: SignatureEnvelope | undefined;
}

const BUNDLE_LIMIT = 16 * 1024 * 1024;
/** The bundle is the one already here, or none was published yet. */
const NOTHING_NEW = [304, 404];
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
  readonly metrics: ScorerMetrics;
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  readonly #hedgeAfterMs: number | undefined;
  readonly #budget: Budget;
  readonly #circuit = new Circuit();
  readonly #answers = new Lru<{ asked: readonly string[]; answer: Answer }>(CACHE_ENTRIES);
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
   * Asks for the facts in `needs`. An answer still fresh is reused if it was given about the same principal,
   * session, device, place and client, and was asked for the same facts at least; a question like it that is on
   * its way is joined.
   */
  async assess(assessment: Assessment, now: number): Promise<Answer | undefined> {
    const key = JSON.stringify({ ...assessment.about, time: undefined });
    const known = this.#answers.get(key, now);
    if (known !== undefined && covers(known.asked, assessment)) {
      this.metrics.reused += 1;
      return known.answer;
    }
    const asking = this.#asking.get(key);
    if (asking !== undefined && now < asking.until && covers(asking.asked, assessment)) return this.#join(asking);
    if (!this.#circuit.allows(now)) return this.#refuse("circuit_open", "the scorer failed too often to be asked now");
    if (!this.#budget.spend(now, askerOf(assessment))) return this.#refuse("over_budget", "the scorer was asked as often as it may be");
    const question: Asking = {
      asked: assessment.needs,
      answer: this.#question(assessment, now),
      until: now + this.#timeoutMs,
    };
    this.#asking.set(key, question);
    const answer = await question.answer;
    if (this.#asking.get(key) === question) this.#asking.delete(key);
    const lifetime = Math.min((answer?.ttlSeconds ?? 0) * 1000, TTL_LIMIT_MS);
    if (answer !== undefined && lifetime > 0) {
      this.#answers.set(key, { asked: assessment.needs, answer }, now + lifetime);
    }
    return answer;
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

  /** Changes of revocations and risk levels after `cursor`. */
  async state(cursor: number, urgent: boolean): Promise<unknown> {
    const sent = await this.#background<unknown>({
      path: `/v1/state?since=${cursor}`,
      ...(urgent ? { timeoutMs: this.#timeoutMs } : {}),
      take: async (response) => JSON.parse(await text(response)) as unknown,
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

  async #join(asking: Asking): Promise<Answer | undefined> {
    this.metrics.joined += 1;
    // A worker's request may end before its question is answered: then nobody is told of the answer.
    const answer = await patience(asking.answer, this.#timeoutMs);
    return answer === "impatient" ? this.#refuse("timeout", "a question that was joined has no answer") : answer;
  }

  async #question(assessment: Assessment, now: number): Promise<Answer | undefined> {
    const started = performance.now();
    const answer = await this.#hedged(
      () => this.#ask(assessment, now),
      () => this.#budget.spend(now + (this.#hedgeAfterMs ?? 0), askerOf(assessment)),
    );
    observe(this.metrics.latency, performance.now() - started);
    return answer;
  }

  /** The first usable answer of two askings, the second of which starts late; of one, if hedging is off. */
  async #hedged(ask: () => Promise<Answer | undefined>, mayAsk: () => boolean): Promise<Answer | undefined> {
    const first = ask();
    if (this.#hedgeAfterMs === undefined) return first;
    const early = await patience(first, this.#hedgeAfterMs);
    if (early !== "impatient") return early;
    if (!mayAsk()) return first;
    this.metrics.hedged += 1;
    const usable = (asked: Promise<Answer | undefined>): Promise<Answer> =>
      asked.then((answer) => answer ?? Promise.reject(new Error("no answer")));
    return Promise.any([usable(first), usable(ask())]).catch(() => undefined);
  }

  async #ask(assessment: Assessment, now: number): Promise<Answer | undefined> {
    this.metrics.asked += 1;
    const { value, problem } = await this.#transport.json("/v1/assess", this.#timeoutMs, post(JSON.stringify(assessment)));
    if (problem === undefined && isAnswer(value)) {
      this.#circuit.succeeded();
      return value;
    }
    // A question that is at fault says nothing of the scorer's health.
    if (problem !== "rejected") this.#circuit.failed(now);
    return problem === undefined ? this.#refuse("garbage", "an assessment's answer has no facts or no lifetime") : undefined;
  }

  async #background<T>(exchange: Omit<Exchange<T>, "timeoutMs"> & { timeoutMs?: number }): Promise<Sent<T>> {
    const sent = await this.#transport.send({ timeoutMs: BACKGROUND_TIMEOUT_MS, ...exchange });
    if (sent.problem === undefined) this.#circuit.heard(Date.now());
    return sent;
  }

  #refuse(problem: ScorerProblem, message: string): undefined {
    this.#transport.failed(problem, message);
  }
}

/** A question on its way. */
interface Asking {
  asked: readonly string[];
  answer: Promise<Answer | undefined>;
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

/** The envelope only: the facts themselves are the engine's to judge. */
function isAnswer(body: unknown): body is Answer {
  if (typeof body !== "object" || body === null) return false;
  const { facts, ttlSeconds } = body as Record<string, unknown>;
  return typeof facts === "object" && facts !== null && typeof ttlSeconds === "number" && ttlSeconds >= 0;
}
