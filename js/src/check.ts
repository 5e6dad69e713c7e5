import { EdgewardError } from "./errors.js";
import type { GuardOptions } from "./options.js";

/** What a number may be: its least and its greatest. */
type Range = readonly [least: number, greatest: number];

const MS: Range = [0, 2_147_483_647];

/** Options of every adapter, by name. */
const COMMON: Readonly<Record<keyof GuardOptions<never>, true>> = {
  publicKeys: true,
  identifierKey: true,
  profileKeys: true,
  allowUnsigned: true,
  stepUpUrl: true,
  appealUrl: true,
  resourceMetadataUrl: true,
  bundle: true,
  scorer: true,
  store: true,
  profiles: true,
  session: true,
  trustedHeaders: true,
  agentKeys: true,
  application: true,
  onNoBundle: true,
  originSecret: true,
  facts: true,
  onDecision: true,
  onUndecided: true,
  onProblem: true,
  meter: true,
  serverTiming: true,
  debug: true,
};

/** Options in groups, by name: those that are numbers with their range. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Range | undefined>>>> = {
  scorer: {
    url: undefined,
    token: undefined,
    fetch: undefined,
    timeoutMs: [1, 2_147_483_647],
    hedgeAfterMs: MS,
    questionsPerSecond: [1, 1_000_000],
    bundleIntervalMs: MS,
    stateIntervalMs: MS,
    stateMaxAgeMs: MS,
    auditShare: [0, 1],
  },
  session: {
    keys: undefined,
    issuer: undefined,
    audience: undefined,
    algorithms: undefined,
    cookie: undefined,
    claims: undefined,
    clockToleranceSeconds: [0, 86_400],
  },
  agentKeys: { timeoutMs: [1, 2_147_483_647], fetch: undefined },
  profiles: { keys: undefined, store: undefined },
};

/**
 * Numbers that are none, and names nobody knows, are told at the start: at a request they would be outage mode, or
 * nothing at all. `own`: names that only this adapter has.
 * @throws {EdgewardError} `invalid_option`.
 */
export function checkOptions(options: object, own: readonly string[]): void {
  const stranger = Object.keys(options).find((name) => !Object.hasOwn(COMMON, name) && !own.includes(name));
  if (stranger !== undefined) throw unknown(stranger);
  const { onNoBundle } = options as { onNoBundle?: unknown };
  if (onNoBundle !== undefined && onNoBundle !== "deny" && onNoBundle !== "allow") {
    throw new EdgewardError("invalid_option", "`onNoBundle` is neither `deny` nor `allow`", { path: "onNoBundle" });
  }
  for (const [group, known] of Object.entries(GROUPS)) {
    const given = (options as Record<string, unknown>)[group];
    if (typeof given !== "object" || given === null) continue;
    for (const [name, value] of Object.entries(given)) {
      const path = `${group}.${name}`;
      if (!Object.hasOwn(known, name)) throw unknown(path);
      const range = known[name];
      if (range === undefined || value === undefined) continue;
      if (typeof value === "number" && value >= range[0] && value <= range[1]) continue;
      throw new EdgewardError("invalid_option", `\`${path}\` is not a number from ${range[0]} to ${range[1]}`, { path });
    }
  }
}

function unknown(path: string): EdgewardError {
  return new EdgewardError("invalid_option", `there is no option \`${path}\` here`, { path });
}
