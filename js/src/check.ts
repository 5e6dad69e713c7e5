import { EdgewardError } from "./errors.js";

/** What a number may be: its least and its greatest. */
type Range = readonly [least: number, greatest: number];

const MS: Range = [0, 2_147_483_647];

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
 * nothing at all.
 * @throws {EdgewardError} `invalid_option`.
 */
export function checkGroups(options: object): void {
  for (const [group, known] of Object.entries(GROUPS)) {
    const given = (options as Record<string, unknown>)[group];
    if (typeof given !== "object" || given === null) continue;
    for (const [name, value] of Object.entries(given)) {
      const path = `${group}.${name}`;
      if (!Object.hasOwn(known, name)) throw new EdgewardError("invalid_option", `there is no option \`${path}\``, { path });
      const range = known[name];
      if (range === undefined || value === undefined) continue;
      if (typeof value === "number" && value >= range[0] && value <= range[1]) continue;
      throw new EdgewardError("invalid_option", `\`${path}\` is not a number from ${range[0]} to ${range[1]}`, { path });
    }
  }
}
