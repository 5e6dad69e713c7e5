import type { AgentKeysOptions } from "./agent-keys.js";
import type { Asker } from "./answer.js";
import type { Links, Plan } from "./challenge.js";
import type { EngineOptions } from "./engine.js";
import type { ProfileOptions } from "./profiles.js";
import type { Problem } from "./report.js";
import type { ScorerOptions } from "./scorer.js";
import type { SessionOptions, Withheld } from "./session.js";
import type { Store } from "./store.js";
import type { Meter } from "./telemetry.js";
import type { TrustedHeaders } from "./trusted-headers.js";
import type { Decision, Request, SealOutcome, SignatureEnvelope, VelocityFacts } from "./types.js";

/** Options every adapter takes. `Native` is the host's own request. */
export interface GuardOptions<Native> extends Omit<EngineOptions, "profileKeys">, Links {
  /** What to decide by. Without it, or beside it when newer, the scorer's bundle. */
  bundle?: { text: string; signature?: SignatureEnvelope } | undefined;
  /** The central scorer. Without one, what can not be decided here is decided by the policies' outage modes. */
  scorer?: ScorerOptions | undefined;
  /** Keeps the newest bundle and state for instances that start cold, or while the scorer is away. */
  store?: Store | undefined;
  /** Keeps principals' profiles at the edge, sealed: in a cookie of each device, or in a store. */
  profiles?: ProfileOptions | undefined;
  /** How sessions are read. Without it and without `trustedHeaders`, the principal is unknown. */
  session?: SessionOptions | undefined;
  /** Plain headers to believe: only those a host in front always sets or removes. */
  trustedHeaders?: TrustedHeaders | undefined;
  /** How keys of agents that sign their requests are fetched, from the directories that the bundle allows. */
  agentKeys?: AgentKeysOptions | undefined;
  /** Application id that requests ask for (`resource.application`). */
  application?: string | undefined;
  /** What becomes of requests before the first bundle is there: a 403 page (default), or through unchecked. */
  onNoBundle?: "deny" | "allow" | undefined;
  /** Signs the `edgeward-*` headers for the origin; see `verifyResult`. */
  originSecret?: string | undefined;
  /** More facts, or other ones: what it returns wins over everything else. Meant for hosts that know more. */
  facts?: ((request: Native) => Request | undefined) | undefined;
  /** Told of every decision, after it was made. */
  onDecision?: ((record: DecisionRecord) => void) | undefined;
  /** Told of every request that was answered, or passed on, without a decision. */
  onUndecided?: ((record: UndecidedRecord) => void) | undefined;
  /** Told of what an operator should know, each code at most once a minute. Default: `console.warn`. */
  onProblem?: ((problem: Problem) => void) | undefined;
  /** An OpenTelemetry meter, or what looks like one, to count and time into. */
  meter?: Meter | undefined;
  /** Tells the client in `Server-Timing` how long deciding took. Default false. */
  serverTiming?: boolean | undefined;
  /** Shows the decision to the client in an `edgeward-debug` response header. Never in production. */
  debug?: boolean | undefined;
}

/** One decision and how it came about. */
export interface DecisionRecord {
  decision: Decision;
  /** Facts that were asked of the scorer. */
  asked: readonly string[];
  /** The policies' outage modes decided: nobody answered, or not usably. */
  outage: boolean;
  /** What became of the sealed profile; missing where nobody is there to have one. */
  profile?: SealOutcome | undefined;
  /** When the request came, milliseconds since the Unix epoch. */
  time: number;
  /** From the request to the verdict, milliseconds. Workers stops its clock between inputs: there, only waiting counts. */
  durationMs: number;
  /** Of it, waiting for the scorer; missing if it was not asked. */
  scorerMs: number | undefined;
}

/** A request that was answered, or passed on, without a decision. */
export interface UndecidedRecord {
  /** When it came, milliseconds since the Unix epoch. */
  time: number;
  /** What the client was shown, if it was refused. */
  supportCode: string;
  /** There was no bundle to decide by, or its facts could not be decided. */
  reason: "no_bundle" | "failure";
  /** Whether it was passed on, because `onNoBundle` says so. */
  passed: boolean;
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

/** Counts of the last hour that a host keeps (`velocity`). What it returns never rejects. */
export interface HostCounters {
  /** What is known about those of a request, beyond what it states itself; `undefined` if there is nothing to ask. */
  read(facts: Request): Promise<VelocityFacts> | undefined;
  /** Counts a sign-in, once it is known how it turned out. */
  record(facts: Request, signIn: SignIn): Promise<void>;
}

/** What an application learns of a request that passed, and may say of it. */
export interface Passed extends Partial<DecisionRecord> {
  /** Set by the application when the request was a sign-in. */
  signIn?: SignIn;
}

export interface Judgement {
  plan: Plan;
  /** For the origin, if the request passes. */
  originHeaders: Record<string, string>;
  /** Headers of the client's own that must not reach the application as they came, if the request passes. */
  withheld: Withheld;
  /** For the client, whatever the answer; beside what the application sets under the same names. */
  responseHeaders: Record<string, string>;
  record: DecisionRecord | undefined;
  /**
   * What is left to do once the host has its answer: hooks, the receipt, whatever is due from the scorer. Told how
   * the request turned out, if it was a sign-in. Never rejects; does its work once, however often it is called.
   * `undefined`: nothing is left to do.
   */
  after: ((signIn?: SignIn) => Promise<void>) | undefined;
}
