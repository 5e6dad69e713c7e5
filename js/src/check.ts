import { address, BOOLEAN, check, FUNCTION, LIST, matching, methods, number, OBJECT, oneOf, STORE, TEXT } from "./kinds.js";
import type { Kind, Kinds } from "./kinds.js";
import type { GuardOptions } from "./options.js";
import { ALGORITHMS, CLAIMS } from "./session.js";

/** What cookies and headers are named with (RFC 6265 §4.1.1, RFC 9110 §5.1). */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Options of every adapter. Put together when they are needed: bundlers keep whatever is called at the top of a module. */
function common(): Kinds & Readonly<Record<keyof GuardOptions<never>, unknown>> {
  const ms = number(0, 2_147_483_647);
  const waitingMs = number(1, 2_147_483_647);
  // Paths are added to it.
  const base = address("an address over http or https, without credentials and query", ({ href }) => !/[?#]/.test(href));
  const names: Kind = {
    what: "an object of header names",
    is: (value) => OBJECT.is(value) && Object.keys(value as object).every((name) => NAME.test(name)),
  };
  const signatures: Kind = {
    what: `a list of ${ALGORITHMS.join(", ")}`,
    is: (value) => Array.isArray(value) && value.length > 0 && value.every((name) => ALGORITHMS.includes(name as string)),
  };
  return {
    publicKeys: LIST,
    identifierKey: TEXT,
    allowUnsigned: BOOLEAN,
    stepUpUrl: TEXT,
    appealUrl: TEXT,
    resourceMetadataUrl: TEXT,
    bundle: { members: { text: { ...TEXT, isNeeded: true }, signature: OBJECT } },
    scorer: {
      members: {
        url: { ...base, isNeeded: true },
        token: { ...matching("a text that fits into a header", /^[\x21-\x7e]+$/), isNeeded: true },
        fetch: FUNCTION,
        timeoutMs: waitingMs,
        hedgeAfterMs: ms,
        questionsPerSecond: number(1, 1_000_000),
        bundleIntervalMs: ms,
        stateIntervalMs: ms,
        stateMaxAgeMs: ms,
        auditShare: number(0, 1),
      },
    },
    store: STORE,
    profiles: { members: { keys: { ...LIST, isNeeded: true }, store: STORE } },
    session: {
      members: {
        keys: undefined,
        issuer: undefined,
        audience: undefined,
        algorithms: signatures,
        cookie: matching("a name of a cookie", NAME),
        claims: { members: Object.fromEntries(Object.keys(CLAIMS).map((name) => [name, TEXT])) },
        clockToleranceSeconds: number(0, 86_400),
      },
    },
    trustedHeaders: names,
    agentKeys: { members: { timeoutMs: waitingMs, fetch: FUNCTION } },
    application: TEXT,
    onNoBundle: oneOf("deny", "allow"),
    originSecret: TEXT,
    facts: FUNCTION,
    onDecision: FUNCTION,
    onUndecided: FUNCTION,
    onProblem: FUNCTION,
    meter: methods("createCounter", "createHistogram"),
    serverTiming: BOOLEAN,
    debug: BOOLEAN,
  };
}

/**
 * Checks the options of an adapter, of which some are its `own`.
 * @throws {EdgewardError} `invalid_option`.
 */
export function checkOptions(options: object, own: Kinds): void {
  check(options, { ...common(), ...own });
}
