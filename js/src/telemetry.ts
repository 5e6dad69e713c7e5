import type { DecisionRecord } from "./options.js";
import type { ScorerMetrics } from "./scorer.js";
import type { Outcome } from "./types.js";

/** What `metrics.getMeter("edgeward")` of OpenTelemetry answers, as far as it is used. */
export interface Meter {
  createCounter(name: string, options?: InstrumentOptions): { add(value: number, attributes?: Attributes): void };
  createHistogram(name: string, options?: InstrumentOptions): { record(value: number, attributes?: Attributes): void };
}

type Attributes = Record<string, string>;

interface InstrumentOptions {
  description?: string;
  unit?: string;
}

/** Counted since the guard was made. */
export interface Metrics {
  decisions: Record<Outcome, number>;
  /** Decisions that asked the scorer, whether or not it answered. */
  deferred: number;
  /** `deferred` as a share of all decisions, 0 to 1. */
  deferRate: number;
  /** Decisions made by the policies' outage modes. */
  outages: number;
  /** Requests answered without a decision: no bundle, or facts that are none. */
  undecided: number;
  /** Traps of the module survived. */
  traps: number;
  /** What an operator should know, how often under each code; the log has each once a minute. */
  problems: Record<string, number>;
  /** Age of the scorer's word on revoked sessions and risk levels, milliseconds; missing before the first. */
  stateAgeMs: number | undefined;
  scorer: ScorerMetrics | undefined;
}

/** Upper bounds of the buckets of a {@link Histogram}, milliseconds; a last one takes the rest. */
const BOUNDS_MS = [5, 10, 25, 50, 100, 200, 400, 800] as const;

/** Durations, counted per bucket. */
export interface Histogram {
  count: number;
  sumMs: number;
  /** How many took no longer than `leMs` and longer than the bucket before. */
  buckets: { leMs: number; count: number }[];
}

export function histogram(): Histogram {
  return {
    count: 0,
    sumMs: 0,
    buckets: [...BOUNDS_MS, Number.POSITIVE_INFINITY].map((leMs) => ({ leMs, count: 0 })),
  };
}

export function observe(into: Histogram, ms: number): void {
  into.count += 1;
  into.sumMs += ms;
  const bucket = into.buckets.find(({ leMs }) => ms <= leMs);
  if (bucket !== undefined) bucket.count += 1;
}

/** Counts what a guard does, here and in a meter if there is one. */
export class Telemetry {
  readonly #decisions: Record<Outcome, number> = { allow: 0, challenge: 0, block: 0, defer: 0 };
  #deferred = 0;
  #outages = 0;
  #undecided = 0;
  #traps = 0;
  readonly #problems: Record<string, number> = {};
  readonly #meter: Instruments | undefined;
  readonly #say: (code: string, message: string) => void;

  /** `say` tells the operator, and counts nothing. */
  constructor(meter: Meter | undefined, say: (code: string, message: string) => void) {
    this.#meter = meter && instruments(meter);
    this.#say = say;
  }

  /** `traps` is the engine's running total. */
  decided(record: DecisionRecord, traps: number): void {
    const { decision, asked, outage, durationMs, scorerMs } = record;
    this.#decisions[decision.outcome] += 1;
    if (asked.length > 0) this.#deferred += 1;
    if (outage) this.#outages += 1;
    const trapped = traps - this.#traps;
    this.#traps = traps;
    if (this.#meter === undefined) return;
    const attributes = {
      "edgeward.outcome": decision.outcome,
      "edgeward.deferred": String(asked.length > 0),
      "edgeward.outage": String(outage),
    };
    this.#measure(({ decisions }) => decisions.add(1, attributes));
    this.#measure(({ duration }) => duration.record(durationMs / 1000, attributes));
    if (scorerMs !== undefined) {
      this.#measure(({ scorerDuration }) => scorerDuration.record(scorerMs / 1000, { "edgeward.outage": String(outage) }));
    }
    if (trapped > 0) this.#measure(({ traps }) => traps.add(trapped));
  }

  undecided(): void {
    this.#undecided += 1;
    this.#measure(({ undecided }) => undecided.add(1));
  }

  /** What an operator should know, under its code: every time, unlike the log. */
  problem(code: string): void {
    this.#note(code);
    this.#measure(({ problems }) => problems.add(1, { "edgeward.problem": code }));
  }

  #note(code: string): void {
    this.#problems[code] = (this.#problems[code] ?? 0) + 1;
  }

  /** A meter is somebody else's code, as hooks are: one that throws must not break a request. */
  #measure(into: (meter: Instruments) => void): void {
    if (this.#meter === undefined) return;
    try {
      into(this.#meter);
    } catch (error) {
      // Not into the meter again.
      this.#note("hook");
      this.#say("hook", `meter failed: ${String(error)}`);
    }
  }

  snapshot(traps: number, scorer: ScorerMetrics | undefined, stateAgeMs: number | undefined): Metrics {
    const total = Object.values(this.#decisions).reduce((sum, count) => sum + count, 0);
    return {
      decisions: { ...this.#decisions },
      deferred: this.#deferred,
      deferRate: total === 0 ? 0 : this.#deferred / total,
      outages: this.#outages,
      undecided: this.#undecided,
      traps,
      problems: { ...this.#problems },
      stateAgeMs,
      scorer: scorer && structuredClone(scorer),
    };
  }
}

type Instruments = ReturnType<typeof instruments>;

function instruments(meter: Meter) {
  return {
    decisions: meter.createCounter("edgeward.decisions", { description: "Requests decided" }),
    duration: meter.createHistogram("edgeward.decision.duration", { unit: "s", description: "From request to verdict" }),
    scorerDuration: meter.createHistogram("edgeward.scorer.duration", { unit: "s", description: "Waited for the scorer" }),
    undecided: meter.createCounter("edgeward.undecided", { description: "Requests answered without a decision" }),
    traps: meter.createCounter("edgeward.traps", { description: "Traps of the module survived" }),
    problems: meter.createCounter("edgeward.problems", { description: "What an operator should know, by code" }),
  };
}
