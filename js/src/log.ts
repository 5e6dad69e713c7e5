import type { DecisionRecord } from "./options.js";

/**
 * One decision as one line of JSON, for a log that programs read:
 *
 * ```ts
 * createMiddleware({ …, onDecision: (record) => console.log(decisionLine(record)) })
 * ```
 *
 * It says what was decided and why, and names nobody: no address, no path, no identifier, and no name of an agent, which
 * may be the client's own words. `supportCode` finds the line that belongs to what a person quotes.
 */
export function decisionLine({ decision, asked, outage, time, durationMs, scorerMs }: DecisionRecord): string {
  const { outcome, supportCode, reasons, controls, agent, risk, detections, policies, versions } = decision;
  return JSON.stringify({
    time: new Date(time).toISOString(),
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
