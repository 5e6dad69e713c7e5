import { AgentKeys } from "./agent-keys.js";
import { checkLinks, plan, refuseUndecided } from "./challenge.js";
import { checkOptions } from "./check.js";
import { Engine } from "./engine.js";
import { EdgewardError, fault } from "./errors.js";
import { at, merge, stated as statedFacts } from "./facts.js";
import { Feed } from "./feed.js";
import type { Kinds } from "./kinds.js";
import type { DecisionRecord, GuardOptions, HostCounters, HostRequest, Judgement, SignIn, UndecidedRecord } from "./options.js";
import { OriginSigner, resultHeaders } from "./origin.js";
import { plain } from "./packed-decision.js";
import { whenReady } from "./patience.js";
import { NOBODY, Profiles } from "./profiles.js";
import type { Carried } from "./profiles.js";
import { guarded, reporter, warn } from "./report.js";
import { ScorerClient } from "./scorer.js";
import { NOTHING_WITHHELD, SessionReader } from "./session.js";
import type { Session, Withheld } from "./session.js";
import { randomCode } from "./support-code.js";
import { Telemetry } from "./telemetry.js";
import type { Metrics } from "./telemetry.js";
import { TrustedHeaderReader } from "./trusted-headers.js";
import type { Answer, Decision, Request } from "./types.js";

/** What an adapter brings beside the options of every adapter. */
export interface Adapter {
  /** Its own options, and what they may be. */
  options: Kinds;
  counters?: ((engine: Engine, report: (code: string, message: string) => void) => HostCounters) | undefined;
}

/** When a request came: milliseconds since the Unix epoch, and on the clock that durations are told by. */
interface Times {
  time: number;
  started: number;
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
  readonly #profiles: Profiles | undefined;
  readonly #counters: HostCounters | undefined;
  readonly #telemetry: Telemetry;
  readonly #agentKeys: AgentKeys;
  /** Receipts that wait for their responses. */
  readonly #unwritten = new Set<WriteReceipt>();
  #previous: string | undefined;
  #trapsTold = 0;

  /** @throws {EdgewardError} if an option is malformed, or `bundle` is refused: at start, never at a request. */
  constructor(options: GuardOptions<Native>, adapter: Adapter = { options: {} }) {
    this.#options = options;
    checkOptions(options, adapter.options);
    checkLinks(options);
    const say = reporter(options.onProblem ?? warn);
    this.#telemetry = new Telemetry(options.meter, say);
    const report = (code: string, message: string): void => {
      this.#telemetry.problem(code);
      say(code, message);
    };
    this.#report = report;
    this.engine = new Engine({ ...options, profileKeys: options.profiles?.keys });
    if (options.bundle !== undefined) this.engine.load(options.bundle.text, options.bundle.signature);
    if (options.session !== undefined) {
      this.#session = new SessionReader(options.session, report);
    }
    if (options.trustedHeaders !== undefined) this.#trustedHeaders = new TrustedHeaderReader(options.trustedHeaders);
    this.#agentKeys = new AgentKeys(options.agentKeys ?? {}, (message) => report("agent_keys_unavailable", message));
    if (options.originSecret !== undefined) this.#signer = new OriginSigner(options.originSecret);
    if (options.scorer !== undefined) {
      this.#scorer = new ScorerClient(options.scorer, (problem, message) => report(`scorer_${problem}`, message));
      this.#feed = new Feed(this.engine, this.#scorer, options.scorer, options.store, options.publicKeys ?? [], report);
    }
    this.engine.onChange(() => this.#unwritten.forEach((write) => write()));
    if (options.profiles !== undefined) {
      const isForked = (principal: string, line: string): boolean => this.#feed?.isForked(principal, line) ?? false;
      this.#profiles = new Profiles(this.engine, options.profiles, isForked, report);
    }
    this.#counters = adapter.counters?.(this.engine, report);
  }

  /** A copy of the counters as they stand. */
  get metrics(): Metrics {
    return this.#telemetry.snapshot(this.engine.traps, this.#scorer?.metrics, this.#feed?.stateAge());
  }

  /**
   * Judges one request. Never rejects, never throws. Where nothing has to be waited for it answers at once: what runs a
   * promise on costs a host more than the decision.
   */
  judge(request: HostRequest<Native>): Judgement | Promise<Judgement> {
    const times = { time: Date.now(), started: performance.now() };
    const failed = (error: unknown): Judgement => {
      this.#tellTraps();
      const supportCode = randomCode();
      this.#report("undecided", `a request could not be decided: ${fault(error)}; support code ${supportCode}`);
      return this.#undecided(request, { time: times.time, supportCode, reason: "failure", passed: false });
    };
    try {
      const judging = whenReady(this.#feed?.prepare(), () => this.#judgePrepared(request, times));
      return judging instanceof Promise ? judging.catch(failed) : judging;
    } catch (error) {
      return failed(error);
    }
  }

  #judgePrepared(request: HostRequest<Native>, times: Times): Judgement | Promise<Judgement> {
    const { time } = times;
    if (!this.engine.loaded) {
      const [passed, supportCode] = [this.#options.onNoBundle === "allow", randomCode()];
      if (!passed) this.#report("no_bundle", `there is no bundle to decide by; support code ${supportCode}`);
      return this.#undecided(request, { time, supportCode, reason: "no_bundle", passed });
    }
    const signed = this.#agentKeys.read(request, this.engine.bundle?.agentDirectories ?? [], time);
    const reading = this.#session?.read((name) => request.header(name), time, request);
    return whenReady(reading, (session) =>
      whenReady(signed, (signed) => {
        const { facts, withheld } = this.#facts(request, signed, session, time);
        return whenReady(this.#carry(facts, request, session, time), (carried) =>
          whenReady(this.#decide(carried.facts) ?? this.#defer(carried.facts), (decided) =>
            this.#finish(request, carried, decided, withheld, times),
          ),
        );
      }),
    );
  }

  /** The facts with what only the edge itself remembers. */
  #carry(facts: Request, request: HostRequest<Native>, session: Session | undefined, now: number): Carried | Promise<Carried> {
    if (this.#profiles === undefined && this.#counters === undefined) return carryNothing(facts);
    return this.#remember(facts, request, session, now);
  }

  async #remember(facts: Request, request: HostRequest<Native>, session: Session | undefined, now: number): Promise<Carried> {
    const counting = this.#counters?.read(facts);
    const isBearing = session?.from === "authorization";
    const carried = (await this.#profiles?.open(facts, request, isBearing, now)) ?? carryNothing(facts);
    if (counting !== undefined) carried.facts = merge(carried.facts, { velocity: await counting });
    return carried;
  }

  #finish(
    request: HostRequest<Native>,
    carried: Carried,
    decided: Decided,
    withheld: Withheld,
    { time, started }: Times,
  ): Judgement | Promise<Judgement> {
    this.#tellTraps();
    // Another bundle may need other facts, which nobody was asked for; so may a model that is relied on no more.
    if (decided.era !== this.engine.era) {
      const again = this.#decide(carried.facts) ?? this.#defer(carried.facts);
      return whenReady(again, (anew) => this.#finish(request, carried, anew, withheld, { time, started }));
    }
    const judgement = this.#conclude(request, carried, decided, { time, durationMs: performance.now() - started });
    judgement.withheld = withheld;
    if (this.#signer === undefined && this.#profiles === undefined) return judgement;
    return this.#seal(judgement, request, carried, decided, time);
  }

  /** Signs what the origin is told, and gives the device its cookie. */
  async #seal(
    judgement: Judgement,
    request: HostRequest<Native>,
    carried: Carried,
    decided: Decided,
    time: number,
  ): Promise<Judgement> {
    if (this.#signer !== undefined && judgement.plan.kind === "pass") {
      const signature = await this.#signer.sign(request.method, request.url, judgement.originHeaders, time);
      Object.assign(judgement.originHeaders, signature);
    }
    if (this.#profiles !== undefined) {
      giveCookie(judgement, this.#profiles.renew(carried, request, mayLearn(decided)));
    }
    return judgement;
  }

  /** A trap that was survived costs nobody anything, but is a defect that somebody can write requests for. */
  #tellTraps(): void {
    const { traps } = this.engine;
    if (traps > this.#trapsTold) this.#report("engine_trap", `the module trapped and was rebuilt, ${traps} times so far`);
    this.#trapsTold = traps;
  }

  #facts(
    request: HostRequest<Native>,
    signed: Request | undefined,
    session: Session | undefined,
    now: number,
  ): { facts: Request; withheld: Withheld } {
    let withheld = session?.withheld ?? NOTHING_WITHHELD;
    let facts = at(now, request.facts);
    if (signed !== undefined) facts = merge(facts, signed);
    if (session !== undefined) facts = merge(facts, session.facts);
    const header = (name: string): string | undefined => request.header(name);
    if (request.trustsPeer && this.#trustedHeaders !== undefined) facts = merge(facts, this.#trustedHeaders.read(header));
    if (this.#options.application !== undefined) {
      facts = merge(facts, { resource: { application: this.#options.application } });
    }
    if (this.#options.facts !== undefined) {
      const stated = statedFacts(this.#options.facts(request.native));
      if (stated !== undefined) facts = merge(facts, stated);
      // The host says who asks: then it knows its own tokens.
      if (stated?.principal?.id) withheld = NOTHING_WITHHELD;
    }
    if (this.#trustedHeaders !== undefined) withheld = { ...withheld, ...this.#trustedHeaders.withhold(header, request.trustsPeer) };
    if (this.#feed === undefined) return { facts, withheld };
    if (!this.#feed.isRevoked(facts)) return { facts: this.#feed.apply(facts), withheld };
    return { facts: { ...facts, principal: { kind: "anonymous" }, session: null, device: null }, withheld: this.#disown(request) };
  }

  /** A revoked session is no session, here and at the application: nothing that names it goes on. */
  #disown(request: HostRequest<Native>): Withheld {
    return {
      ...this.#trustedHeaders?.disown(),
      ...this.#session?.withhold((name) => request.header(name)),
    };
  }

  /** Decides here, if what is known is enough. */
  #decide(facts: Request): Decided | undefined {
    let decision: Decision;
    try {
      decision = this.engine.evaluate(facts);
    } catch (error) {
      return this.#withhold(facts, error);
    }
    return decision.outcome === "defer" ? undefined : decidedHere(decision, false, this.engine.era);
  }

  /** Decides with what the scorer answers, or by the policies' outage modes. */
  async #defer(facts: Request): Promise<Decided> {
    const { era } = this.engine;
    const assessment = this.engine.assessment(facts);
    const asked = assessment.needs;
    const started = performance.now();
    const assessed = await this.#scorer?.assess(assessment, (answer) => this.#resume(facts, answer));
    const scorerMs = this.#scorer && performance.now() - started;
    if (assessed !== undefined) this.#feed?.learn(facts, assessed);
    const decision = assessed === undefined ? this.#resume(facts, undefined) : assessed.used;
    if (decision instanceof EdgewardError) return this.#withhold(facts, decision);
    return { decision, asked, answer: assessed?.answer, outage: assessed === undefined, scorerMs, era };
  }

  /** The decision with the scorer's answer or without, or a trap, which is no fault of the answer. */
  #resume(facts: Request, answer: Answer | undefined): Decision | EdgewardError {
    try {
      return this.engine.resume(facts, answer);
    } catch (error) {
      if (error instanceof EdgewardError && error.code === "engine_trap") return error;
      throw error;
    }
  }

  /**
   * The engine failed on these facts, most likely on what the client wrote. It decides without the client's own
   * words: what they would have told is unknown, and each policy's outage mode settles it.
   */
  #withhold(facts: Request, error: unknown): Decided {
    this.#report("engine_failure", `the engine failed on a request: ${fault(error)}`);
    const http = facts.http && { ...facts.http, headers: null };
    const decision = this.engine.resume({ ...facts, http: http ?? null, transport: null }, undefined);
    return decidedHere(decision, true, this.engine.era);
  }

  #conclude(
    request: HostRequest<Native>,
    carried: Carried,
    { decision, asked, answer, outage, scorerMs }: Decided,
    { time, durationMs }: { time: number; durationMs: number },
  ): Judgement {
    const { facts, outcome: profile } = carried;
    const record: DecisionRecord = { decision, asked, outage, profile, time, durationMs, scorerMs };
    this.#telemetry.decided(record, this.engine.traps);
    const answered = plan(decision, request, this.#options);
    const responseHeaders: Record<string, string> = {};
    if (this.#options.serverTiming === true) responseHeaders["server-timing"] = serverTiming(record);
    if (this.#options.debug === true) responseHeaders["edgeward-debug"] = debugHeader(record);
    const write = this.#receipt(carried, record, answer);
    // Now, and not when the response ends, which may be long after another sign-in.
    const keeping = this.#profiles?.keep(carried, mayLearn(record));
    return {
      plan: answered,
      originHeaders: answered.kind === "pass" ? resultHeaders(decision, facts) : {},
      withheld: NOTHING_WITHHELD,
      responseHeaders,
      record,
      after: this.#isFollowed ? onceOnly((signIn) => this.#after(carried.facts, record, { write, keeping, signIn })) : undefined,
    };
  }

  /** Whether anybody wants to know of decisions, of sign-ins, or of principals' profiles. */
  get #isFollowed(): boolean {
    const { onDecision, profiles } = this.#options;
    return this.#scorer !== undefined || onDecision !== undefined || this.#counters !== undefined || profiles?.store !== undefined;
  }

  async #after(facts: Request, record: DecisionRecord, { write, keeping, signIn }: Following): Promise<void> {
    const counting = signIn && this.#counters?.record(facts, signIn);
    this.#tell("onDecision", () => this.#options.onDecision?.(record));
    try {
      write?.(signIn);
      await this.#feed?.refresh();
    } catch (error) {
      this.#report("receipt", `what follows a decision could not be done: ${fault(error)}`);
    } finally {
      await Promise.all([counting, keeping]);
    }
  }

  /**
   * What writes the receipt of a decision, once: when its response tells how a sign-in turned out, or before that, when
   * decisions are about to follow from something else. The engine makes the decision of a receipt again.
   */
  #receipt({ facts, cookie }: Carried, record: DecisionRecord, answer: Answer | undefined): WriteReceipt | undefined {
    const scorer = this.#scorer;
    if (scorer === undefined) return undefined;
    const write: WriteReceipt = (signIn) => {
      if (!this.#unwritten.delete(write)) return;
      try {
        const receipt = this.engine.receipt(facts, answer, {
          asked: record.asked,
          outage: record.outage,
          signInSucceeded: signIn?.succeeded ?? null,
          signInPrincipal: signIn?.principal ?? null,
          cookie: cookie ?? null,
          audited: this.#isAudited(record),
          previous: this.#previous ?? null,
        });
        this.#previous = receipt.digest;
        scorer.record(receipt.text);
      } catch (error) {
        this.#report("receipt", `a decision could not be recorded: ${fault(error)}`);
      }
    };
    this.#unwritten.add(write);
    // Where a host never tells of a response, or thousands are open, the oldest goes without the outcome of a sign-in.
    const [oldest] = this.#unwritten;
    if (this.#unwritten.size > UNWRITTEN_LIMIT) oldest?.();
    return write;
  }

  /** Whether the dice choose a decision for the scorer's audit. */
  #isAudited({ decision, asked, outage }: DecisionRecord): boolean {
    if (decision.outcome !== "allow" || asked.length > 0 || outage) return false;
    const [dice = 0] = crypto.getRandomValues(new Uint32Array(1));
    return dice / 2 ** 32 < (this.#options.scorer?.auditShare ?? AUDIT_SHARE);
  }

  #undecided(request: HostRequest<Native>, record: UndecidedRecord): Judgement {
    this.#telemetry.undecided();
    const { onUndecided } = this.#options;
    return {
      plan: record.passed ? { kind: "pass" } : refuseUndecided(record.supportCode, request),
      originHeaders: {},
      withheld: NOTHING_WITHHELD,
      responseHeaders: {},
      record: undefined,
      after: onUndecided && onceOnly(async () => this.#tell("onUndecided", () => onUndecided(record))),
    };
  }

  /** A hook that throws must not break a request. */
  #tell(hook: string, call: () => unknown): void {
    guarded(call, (error) => this.#report("hook", `${hook} failed: ${String(error)}`));
  }
}

/** Receipts that wait for their responses, at most. */
const UNWRITTEN_LIMIT = 1_000;

/** Writes a receipt that is not written yet, with the outcome of a sign-in if it is known. */
type WriteReceipt = (signIn?: SignIn) => void;

/** What follows a decision. */
interface Following {
  write: WriteReceipt | undefined;
  /** The profile is being kept. */
  keeping: Promise<void> | undefined;
  signIn: SignIn | undefined;
}

/** A host may learn of a request's end in more than one way. */
function onceOnly(work: (signIn?: SignIn) => Promise<void>): (signIn?: SignIn) => Promise<void> {
  let done: Promise<void> | undefined;
  return (signIn) => (done ??= work(signIn));
}

interface Decided extends Omit<DecisionRecord, "time" | "durationMs"> {
  answer: Answer | undefined;
  /** {@link Engine.era} when it began. */
  era: number;
}

/** Of what is allowed without asking, the share that the scorer audits. */
const AUDIT_SHARE = 0.02;

function carryNothing(facts: Request): Carried {
  return { facts, ...NOBODY };
}

/** Decided without asking. */
function decidedHere(decision: Decision, outage: boolean, era: number): Decided {
  return { decision, asked: [], answer: undefined, outage, scorerMs: undefined, profile: undefined, era };
}

/** Whether a profile may learn of it: only what was allowed, by somebody who could say so. */
function mayLearn({ decision, outage }: Pick<DecisionRecord, "decision" | "outage">): boolean {
  return decision.outcome === "allow" && !outage;
}

/** An answer of our own may set a cookie itself; a copied profile is then taken away the next time. */
function giveCookie({ plan, responseHeaders }: Judgement, cookie: string | undefined): void {
  if (cookie === undefined || (plan.kind === "answer" && plan.headers["set-cookie"] !== undefined)) return;
  responseHeaders["set-cookie"] = cookie;
}

function debugHeader({ decision, asked, outage }: DecisionRecord): string {
  const policies = decision.policies.filter(({ result }) => result !== "notApplied" && result !== "notEnabled");
  const shown = { ...plain(decision), policies, asked, outage };
  return encodeURIComponent(JSON.stringify(shown));
}

/** https://www.w3.org/TR/server-timing/ */
function serverTiming({ decision, durationMs, scorerMs }: DecisionRecord): string {
  const scorer = scorerMs === undefined ? "" : `, edgeward-scorer;dur=${scorerMs.toFixed(1)}`;
  return `edgeward;desc=${decision.outcome};dur=${durationMs.toFixed(1)}${scorer}`;
}
