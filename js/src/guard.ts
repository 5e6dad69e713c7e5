import { plan, refuseUndecided } from "./challenge.js";
import type { Asker, Plan } from "./challenge.js";
import { Engine } from "./engine.js";
import type { EngineOptions } from "./engine.js";
import { merge } from "./facts.js";
import { Feed } from "./feed.js";
import { OriginSigner, resultHeaders } from "./origin.js";
import { reporter, warn } from "./report.js";
import type { Problem } from "./report.js";
import { ScorerClient } from "./scorer.js";
import type { ScorerMetrics, ScorerOptions } from "./scorer.js";
import { SessionReader } from "./session.js";
import type { SessionOptions } from "./session.js";
import { TrustedHeaderReader } from "./trusted-headers.js";
import type { TrustedHeaders } from "./trusted-headers.js";
import type { Answer, Decision, Outcome, Request, SignatureEnvelope } from "./types.js";

/** Options every adapter takes. `Native` is the host's own request. */
export interface GuardOptions<Native> extends EngineOptions {
  /** What to decide by. Without it, or beside it when newer, the scorer's bundle. */
  bundle?: { text: string; signature?: SignatureEnvelope } | undefined;
  /** The central scorer. Without one, what can not be decided here is decided by the policies' outage modes. */
  scorer?: ScorerOptions | undefined;
  /** How sessions are read. Without it and without `trustedHeaders`, the principal is unknown. */
  session?: SessionOptions | undefined;
  /** Plain headers to believe: only those a host in front always sets or removes. */
  trustedHeaders?: TrustedHeaders | undefined;
  /** Application id that requests ask for (`resource.application`). */
  application?: string | undefined;
  /** Where a person verifies; absolute, or a path of the protected host. Receives `return_to` and `controls`. */
  stepUpUrl?: string | undefined;
  /** What becomes of requests before the first bundle is there: a 403 page (default), or through unchecked. */
  onNoBundle?: "deny" | "allow" | undefined;
  /** Signs the `edgeward-*` headers for the origin; see `verifyResult`. */
  originSecret?: string | undefined;
  /** More facts, or other ones: what it returns wins over everything else. Meant for hosts that know more. */
  facts?: ((request: Native) => Request | undefined) | undefined;
  /** Told of every decision, after it was made. */
  onDecision?: ((record: DecisionRecord) => void) | undefined;
  /** Told of what an operator should know, each code at most once a minute. Default: `console.warn`. */
  onProblem?: ((problem: Problem) => void) | undefined;
  /** Shows the decision to the client in an `edgeward-debug` response header. Never in production. */
  debug?: boolean | undefined;
}

/** One decision and how it came about. */
export interface DecisionRecord {
  decision: Decision;
  /** Facts that were asked of the scorer. */
  asked: readonly string[];
  /** The scorer was asked, and the policies' outage modes decided. */
  outage: boolean;
}

/** One request as its adapter reads it. */
export interface HostRequest<Native> extends Asker {
  native: Native;
  facts: Request;
  /** Whether the connection comes from a host that `trustedHeaders` may be believed of. */
  trustsPeer: boolean;
}

/** How a request turned out that was a sign-in. */
export interface SignIn {
  succeeded: boolean;
  /** As whom it was tried. A password spray is seen by whom it tries, and the request carries no identity yet. */
  principal?: string | undefined;
}

export interface Judgement {
  plan: Plan;
  /** For the origin, if the request passes. */
  originHeaders: Record<string, string>;
  /** For the client, whatever the answer. */
  responseHeaders: Record<string, string>;
  record: DecisionRecord | undefined;
  /**
   * What is left to do once the host has its answer: hooks, the receipt, whatever is due from the scorer. Told how
   * the request turned out, if it was a sign-in. Never rejects.
   */
  after: (signIn?: SignIn) => Promise<void>;
}

export interface Metrics {
  decisions: Record<Outcome, number>;
  deferred: number;
  outages: number;
  undecided: number;
  traps: number;
  scorer: ScorerMetrics | undefined;
}

/** Facts to decide, ask, decide again, answer, record: the life of one request, the same on every host. */
export class Guard<Native> {
  readonly engine: Engine;
  readonly #options: GuardOptions<Native>;
  readonly #report: (code: string, message: string) => void;
  readonly #scorer: ScorerClient | undefined;
  readonly #feed: Feed | undefined;
  readonly #session: SessionReader | undefined;
  readonly #trustedHeaders: TrustedHeaderReader | undefined;
  readonly #signer: OriginSigner | undefined;
  readonly #decisions: Record<Outcome, number> = { allow: 0, challenge: 0, block: 0, defer: 0 };
  #deferred = 0;
  #outages = 0;
  #undecided = 0;
  #previous: string | undefined;

  /** @throws {EdgewardError} if an option is malformed, or `bundle` is refused: at start, never at a request. */
  constructor(options: GuardOptions<Native>) {
    this.#options = options;
    const report = reporter(options.onProblem ?? warn);
    this.#report = report;
    this.engine = new Engine(options);
    if (options.bundle !== undefined) this.engine.load(options.bundle.text, options.bundle.signature);
    if (options.session !== undefined) {
      this.#session = new SessionReader(options.session, (message) => report("keys_unavailable", message));
    }
    if (options.trustedHeaders !== undefined) this.#trustedHeaders = new TrustedHeaderReader(options.trustedHeaders);
    if (options.originSecret !== undefined) this.#signer = new OriginSigner(options.originSecret);
    if (options.scorer !== undefined) {
      this.#scorer = new ScorerClient(options.scorer, (problem, message) => report(`scorer_${problem}`, message));
      this.#feed = new Feed(this.engine, this.#scorer, options.scorer, report);
    }
  }

  get metrics(): Metrics {
    return {
      decisions: { ...this.#decisions },
      deferred: this.#deferred,
      outages: this.#outages,
      undecided: this.#undecided,
      traps: this.engine.traps,
      scorer: this.#scorer?.metrics,
    };
  }

  /** Judges one request. Never rejects. */
  async judge(request: HostRequest<Native>): Promise<Judgement> {
    const now = Date.now();
    try {
      await this.#feed?.prepare(now);
      if (!this.engine.loaded) return this.#undecidedFor(request, this.#options.onNoBundle ?? "deny");
      const facts = await this.#facts(request, now);
      const decided = await this.#decide(facts, now);
      return await this.#conclude(request, facts, decided, now);
    } catch (error) {
      this.#report("undecided", `a request could not be decided: ${String(error)}`);
      return this.#undecidedFor(request, "deny");
    }
  }

  async #facts(request: HostRequest<Native>, now: number): Promise<Request> {
    let facts: Request = { ...request.facts, time: now };
    if (this.#session !== undefined) facts = merge(facts, await this.#session.read((name) => request.header(name), now));
    if (this.#trustedHeaders !== undefined && request.trustsPeer) {
      facts = merge(facts, this.#trustedHeaders.read((name) => request.header(name)));
    }
    if (this.#options.application !== undefined) {
      facts = merge(facts, { resource: { application: this.#options.application } });
    }
    if (this.#options.facts !== undefined) {
      const stated = this.#options.facts(request.native);
      if (stated !== undefined) facts = merge(facts, stated);
    }
    return this.#feed === undefined ? facts : this.#feed.apply(facts, now);
  }

  async #decide(facts: Request, now: number): Promise<Decided> {
    let decision: Decision;
    try {
      decision = this.engine.evaluate(facts);
    } catch (error) {
      return this.#withhold(facts, error);
    }
    if (decision.outcome !== "defer") return { decision, asked: [], answer: undefined, outage: false };
    this.#deferred += 1;
    const asked = decision.needs;
    const answer = await this.#scorer?.assess(this.engine.assessment(facts), now);
    if (answer !== undefined) {
      try {
        decision = this.engine.resume(facts, answer);
        this.#feed?.learn(facts, answer, now);
        return { decision, asked, answer, outage: false };
      } catch (error) {
        this.#report("scorer_garbage", `an answer can not be used: ${String(error)}`);
      }
    }
    this.#outages += 1;
    return { decision: this.engine.resume(facts, undefined), asked, answer: undefined, outage: true };
  }

  /**
   * The engine failed on these facts, most likely on what the client wrote. It decides without the client's own
   * words: what they would have told is unknown, and each policy's outage mode settles it.
   */
  #withhold(facts: Request, error: unknown): Decided {
    this.#report("engine_failure", `the engine failed on a request: ${String(error)}`);
    const http = facts.http && { ...facts.http, headers: null };
    const decision = this.engine.resume({ ...facts, http: http ?? null, transport: null }, undefined);
    this.#outages += 1;
    return { decision, asked: [], answer: undefined, outage: true };
  }

  async #conclude(
    request: HostRequest<Native>,
    facts: Request,
    { decision, asked, answer, outage }: Decided,
    now: number,
  ): Promise<Judgement> {
    this.#decisions[decision.outcome] += 1;
    const record = { decision, asked, outage };
    const answered = plan(decision, request, this.#options.stepUpUrl);
    let originHeaders: Record<string, string> = {};
    if (answered.kind === "pass") {
      originHeaders = resultHeaders(decision, facts);
      if (this.#signer !== undefined) {
        const signature = await this.#signer.sign(request.method, request.url, originHeaders, now);
        originHeaders = { ...originHeaders, ...signature };
      }
    }
    return {
      plan: answered,
      originHeaders,
      responseHeaders: this.#options.debug === true ? debugHeader(record) : {},
      record,
      after: (signIn) => this.#after(facts, record, answer, signIn, now),
    };
  }

  async #after(
    facts: Request,
    record: DecisionRecord,
    answer: Answer | undefined,
    signIn: SignIn | undefined,
    now: number,
  ): Promise<void> {
    try {
      this.#options.onDecision?.(record);
    } catch (error) {
      this.#report("hook", `onDecision failed: ${String(error)}`);
    }
    try {
      if (this.#scorer === undefined) return;
      const receipt = this.engine.receipt(facts, answer, {
        asked: record.asked,
        outage: record.outage,
        signInSucceeded: signIn?.succeeded ?? null,
        signInPrincipal: signIn?.principal ?? null,
        previous: this.#previous ?? null,
      });
      this.#previous = receipt.digest;
      this.#scorer.record(receipt);
      await this.#feed?.refresh(now);
    } catch (error) {
      this.#report("receipt", `a decision could not be recorded: ${String(error)}`);
    }
  }

  #undecidedFor(request: HostRequest<Native>, mode: "deny" | "allow"): Judgement {
    this.#undecided += 1;
    return {
      plan: mode === "allow" ? { kind: "pass" } : refuseUndecided(randomCode(), request),
      originHeaders: {},
      responseHeaders: {},
      record: undefined,
      after: () => Promise.resolve(),
    };
  }
}

interface Decided {
  decision: Decision;
  asked: readonly string[];
  answer: Answer | undefined;
  outage: boolean;
}

function debugHeader({ decision, asked, outage }: DecisionRecord): Record<string, string> {
  const policies = decision.policies.filter(({ result }) => result !== "notApplied" && result !== "notEnabled");
  const shown = { ...decision, policies, asked, outage };
  return { "edgeward-debug": encodeURIComponent(JSON.stringify(shown)) };
}

/** No decision, no code of the engine: something a person can quote and a log can be searched for. */
function randomCode(): string {
  return crypto.randomUUID().slice(0, 13).toUpperCase();
}
