import type { DecisionRecord, UndecidedRecord } from "./options.js";

/**
 * One decision, or that there was none, as one line of JSON, for a log that programs read:
 *
 * ```ts
 * const log = (record) => console.log(decisionLine(record));
 * createMiddleware({ …, onDecision: log, onUndecided: log })
 * ```
 *
 * It says what was decided and why, and names nobody: no address, no path, no identifier, and no name of an agent, which
 * may be the client's own words. `supportCode` finds the line that belongs to what a person quotes.
 */
export function decisionLine(record: DecisionRecord | UndecidedRecord): string {
  const time = new Date(record.time).toISOString();
  if (!("decision" in record)) return JSON.stringify({ ...record, time, event: "edgeward.undecided" });
  const { decision, asked, outage, durationMs, scorerMs } = record;
  const { outcome, supportCode, reasons, controls, agent, risk, detections, policies, versions } = decision;
  return JSON.stringify({
    time,
    event: "edgeward.decision",
    outcome,
    supportCode,
    reasons: reasons.map(({ code }) => code),
    controls,
    agent: { class: agent.class, verification: agent.verification },
    risk: { score: risk.score, levels: risk.levels },
    detections: detections.map(({ type }) => type),
    policies: policies.filter(({ result }) => APPLIED.has(result)).map(({ id, result }) => ({ id, result })),
    asked,
    outage,
    durationMs: round(durationMs),
    scorerMs: scorerMs === undefined ? null : round(scorerMs),
    bundle: versions.bundle,
  });
}

/** Results of policies that had a say, or would have. */
const APPLIED: ReadonlySet<string> = new Set([
  "success",
  "failure",
  "unknown",
  "reportOnlySuccess",
  "reportOnlyFailure",
  "reportOnlyInterrupted",
]);

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
