import { Crossing } from "./crossing.js";
import { answered, EdgewardError, failure, successful } from "./errors.js";
import {
  __wbg_reset_state as resetModule,
  Engine as Module,
  followLine,
  Question,
} from "./engine/engine.js";
import { randomHex } from "./hex.js";
import type {
  Agent,
  Answer,
  Assessment,
  BundleInfo,
  CookieUse,
  Decision,
  Profile,
  ProfileKey,
  PublicKey,
  Request,
  SealOutcome,
  SignatureEnvelope,
} from "./types.js";

export interface EngineOptions {
  /** Keys a bundle may be signed with. */
  publicKeys?: readonly PublicKey[] | undefined;
  /** Key of identifier hashes, at least 32 hexadecimal digits. Without one, identifiers leave the edge as they are. */
  identifierKey?: string | undefined;
  /** Keys that seal profiles: the first seals, all open. */
  profileKeys?: readonly ProfileKey[] | undefined;
  /** Take bundles without a signature. For development. */
  allowUnsigned?: boolean | undefined;
}

/** What the host knows of a decision beside its facts. */
export interface Circumstances {
  /** Facts the scorer was asked for. */
  asked?: readonly string[];
  /** The scorer did not answer, and outage modes decided. */
  outage?: boolean;
  /** How the request turned out at the origin, if it was a sign-in. */
  signInSucceeded?: boolean | null;
  /** As whom the sign-in was tried: the request itself carries no identity yet. */
  signInPrincipal?: string | null;
  /** The device cookie that came with the request, if it opened. */
  cookie?: CookieUse | null;
  /** Chosen at random for the audit of what is allowed without asking. */
  audited?: boolean | null;
  /** `digest` of the receipt before this one. */
  previous?: string | null;
}

/** A {@link Receipt} as it leaves the edge: JSON, in the very bytes that its digest is of. */
export interface WrittenReceipt {
  text: string;
  digest: string;
}

/** Where a receipt's digest begins, 64 hexadecimal digits: it is the last member, and `"}` is behind it. */
const DIGEST = -66;

/** What became of a sealed profile, and what was in it. */
export interface OpenedProfile {
  outcome: SealOutcome;
  /** Id of the key that sealed it. */
  keyId?: number;
  profile?: Profile;
  cookie?: CookieUse;
  /** Whether {@link Engine.renewProfile} has another to give, should the request be allowed; where a cookie was copied, it may. */
  isDue: boolean;
}

/** What is remembered of a line of device cookies. */
export interface LineSeen {
  counter: number;
  stamp: string;
  /** Milliseconds since the Unix epoch. */
  since: number;
  /** Two copies are in use. */
  isForked: boolean;
}

/** Raised by every reset: an engine of an earlier generation points into an instance that is gone. */
let generation = 0;

/** A random identifier key, 64 hexadecimal digits. */
export function createIdentifierKey(): string {
  return randomHex(32);
}

/**
 * The engine: facts in, decisions out. It keeps nothing of a request.
 *
 * Every call goes through one point that survives a trap in the module: the instance is replaced, the engine is
 * rebuilt from its options and its last good bundle, and the call is tried once more. A second trap is an
 * {@link EdgewardError} with code `engine_trap`, and the engine is whole again for the next call.
 */
export class Engine {
  readonly #options: string;
  #module: Module;
  #generation = generation;
  #bundle: { text: string; signature: string | undefined } | undefined;
  #crossing: Crossing | undefined;
  #traps = 0;
  #info: BundleInfo | undefined;
  #failSafe = false;
  #era = 0;
  readonly #listeners: (() => void)[] = [];

  /** @throws {EdgewardError} if an option is malformed. */
  constructor(options: EngineOptions = {}) {
    this.#options = JSON.stringify({
      publicKeys: options.publicKeys ?? [],
      identifierKey: options.identifierKey ?? null,
      profileKeys: options.profileKeys ?? [],
      allowUnsigned: options.allowUnsigned ?? false,
    });
    this.#module = build(this.#options);
  }

  /** Traps survived since the engine was made. */
  get traps(): number {
    return this.#traps;
  }

  /** Whether there is a bundle to decide by. */
  get loaded(): boolean {
    return this.#bundle !== undefined;
  }

  /** What is known of the bundle that decides. */
  get bundle(): BundleInfo | undefined {
    return this.#info;
  }

  /** Goes up whenever decisions begin to follow from something else: another bundle, a model not relied on. */
  get era(): number {
    return this.#era;
  }

  /** Has a listener called before {@link era} goes up. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Replaces the bundle, which has been compiled (`edgeward/compiler`, or `edgeward bundle compile`). One that is not,
   * a bad signature or an older version is refused, and the last good bundle stays.
   * @throws {EdgewardError} that says why.
   */
  load(text: string, signature?: SignatureEnvelope): BundleInfo {
    const envelope = signature === undefined ? undefined : JSON.stringify(signature);
    this.#announce();
    const info = this.#call<BundleInfo>((module) => module.load(text, envelope));
    this.#bundle = { text, signature: envelope };
    this.#crossing = undefined;
    this.#info = info;
    this.#era += 1;
    return info;
  }

  /** Decides. `defer` names in `needs` the facts to ask for before {@link resume}. */
  evaluate(request: Request): Decision {
    return this.#packed(evaluate, request) ?? this.evaluateAsJson(request);
  }

  /**
   * {@link evaluate}, crossing as JSON text: what it falls back to for a request that does not fit the fast crossing,
   * or is malformed. The answers are equal.
   */
  evaluateAsJson(request: Request): Decision {
    return this.#askAsJson(Question.Evaluate, request);
  }

  /** Decides with the scorer's answer; without one, by each policy's outage mode. Never defers. */
  resume(request: Request, answer: Answer | undefined): Decision {
    const said = answer === undefined ? undefined : JSON.stringify(answer);
    return (
      this.#survive((module) => this.#cross(module).resume(request, said)) ??
      this.#askAsJson(Question.Resume, request, said)
    );
  }

  /** What to ask the scorer about a request that was deferred. */
  assessment(request: Request): Assessment {
    return answered(this.#ask(Question.Assessment, request));
  }

  /** The record of a decision, with the scorer's answer if there was one. */
  receipt(request: Request, answer: Answer | undefined, circumstances: Circumstances): WrittenReceipt {
    const said = answer === undefined ? undefined : JSON.stringify(answer);
    const text = successful(this.#ask(Question.Receipt, request, said, JSON.stringify(circumstances)));
    return { text, digest: text.slice(DIGEST, DIGEST + 64) };
  }

  /** What the client of a request is, or of a user agent alone. */
  classify(subject: Request | string): Agent {
    const agent =
      typeof subject === "string" ? this.#packed(classifyAgent, subject) : this.#packed(classifyRequest, subject);
    return agent ?? this.#askAsJson(Question.Classify, typeof subject === "string" ? { ua: subject } : subject);
  }

  /** An identifier as it leaves the edge and as the scorer knows it. */
  identifier(kind: "principal" | "session" | "device", value: string): string {
    return this.#survive((module) => module.identifier(kind, value));
  }

  /**
   * Stops or starts relying on the risk model. While it is not relied on, every verdict that sign-in risk could change
   * is deferred.
   */
  setFailSafe(failSafe: boolean): void {
    if (failSafe !== this.#failSafe) {
      this.#announce();
      this.#era += 1;
    }
    this.#failSafe = failSafe;
    this.#survive((module) => module.setFailSafe(failSafe));
  }

  /** Opens the sealed profile that came with a request. */
  openProfile(request: Request, sealed: string | undefined): OpenedProfile {
    return answered(this.#ask(Question.OpenProfile, request, sealed));
  }

  /**
   * The sealed profile to give in place of the one that came with an *allowed* request; `undefined` if that one may
   * stay. `nonce` is 48 random hexadecimal digits, never used twice.
   */
  renewProfile(request: Request, sealed: string | undefined, nonce: string): string | undefined {
    const renewed = answered<{ sealed: string | null }>(this.#ask(Question.RenewProfile, request, sealed, nonce));
    return renewed.sealed ?? undefined;
  }

  /** What is remembered of a line of device cookies once one of them was presented. */
  followLine(seen: LineSeen | undefined, cookie: CookieUse, time: number): LineSeen {
    const before = seen === undefined ? undefined : JSON.stringify(seen);
    const presented = JSON.stringify(cookie);
    return this.#call(() => followLine(before, presented, time));
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** An answer in JSON; `first` and `second` are what belongs to the question. */
  #ask(question: Question, request: Request, first?: string, second?: string): string {
    return this.#survive((module) => this.#cross(module).ask(question, request, first, second));
  }

  #askAsJson<T>(question: Question, request: unknown, answer?: string): T {
    const facts = JSON.stringify(request);
    return this.#call((module) => module.ask(question, facts, answer));
  }

  #call<T>(operation: (module: Module) => string): T {
    return answered(this.#survive(operation));
  }

  #cross(module: Module): Crossing {
    return (this.#crossing ??= new Crossing(module));
  }

  /** The one call point. A string that is thrown is a failure the engine reports; anything else is a trap. */
  #survive<T>(operation: (module: Module) => T): T {
    if (this.#generation !== generation) this.#rebuild();
    try {
      return operation(this.#module);
    } catch (error) {
      return this.#again(operation, error);
    }
  }

  /** {@link #survive} for what crosses packed, and so often that a closure for each call would be a twentieth of its cost. */
  #packed<A, T>(cross: (crossing: Crossing, argument: A) => T, argument: A): T {
    if (this.#crossing === undefined || this.#generation !== generation) return this.#crossFirst(cross, argument);
    try {
      return cross(this.#crossing, argument);
    } catch (error) {
      return this.#crossAgain(cross, argument, error);
    }
  }

  #crossFirst<A, T>(cross: (crossing: Crossing, argument: A) => T, argument: A): T {
    return this.#survive((module) => cross(this.#cross(module), argument));
  }

  #crossAgain<A, T>(cross: (crossing: Crossing, argument: A) => T, argument: A, error: unknown): T {
    return this.#again((module) => cross(this.#cross(module), argument), error);
  }

  #again<T>(operation: (module: Module) => T, error: unknown): T {
    if (typeof error === "string") throw failure(error);
    this.#reset();
    try {
      return operation(this.#module);
    } catch (cause) {
      this.#reset();
      throw new EdgewardError("engine_trap", "the module trapped twice on the same input", { cause });
    }
  }

  #reset(): void {
    this.#traps += 1;
    resetModule();
    generation += 1;
    this.#rebuild();
  }

  #rebuild(): void {
    try {
      this.#module = build(this.#options);
      this.#crossing = undefined;
      this.#module.setFailSafe(this.#failSafe);
      if (this.#bundle !== undefined) successful(this.#module.load(this.#bundle.text, this.#bundle.signature));
    } catch (cause) {
      if (cause instanceof EdgewardError) throw cause;
      resetModule();
      generation += 1;
      throw new EdgewardError("engine_trap", "the module trapped while it was rebuilt", { cause });
    }
    // Last: an engine that could not be made whole is made again by the next call, and never stays empty.
    this.#generation = generation;
  }
}

const evaluate = (crossing: Crossing, request: Request): Decision | undefined => crossing.evaluate(request);
const classifyRequest = (crossing: Crossing, request: Request): Agent | undefined => crossing.classify(request);
const classifyAgent = (crossing: Crossing, agent: string): Agent | undefined => crossing.classifyAgent(agent);

function build(options: string): Module {
  try {
    return new Module(options);
  } catch (error) {
    throw typeof error === "string" ? failure(error) : error;
  }
}
