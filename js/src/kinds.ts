import { EdgewardError } from "./errors.js";

/** What an option may be. */
export interface Kind {
  /** What it is called in an error: `is not …`. */
  what: string;
  is: (value: unknown) => boolean;
  /** There is no default. */
  isNeeded?: boolean;
}

/** Options by name; `undefined` for one that is checked where it is read. */
export type Kinds = Readonly<Record<string, Kind | Group | undefined>>;

/** Options in an object of their own. */
export interface Group {
  members: Kinds;
}

export const BOOLEAN: Kind = { what: "true or false", is: (value) => typeof value === "boolean" };
export const FUNCTION: Kind = { what: "a function", is: isFunction };
export const LIST: Kind = { what: "a list", is: Array.isArray };
export const OBJECT: Kind = { what: "an object", is: isObject };
export const TEXT: Kind = { what: "a text that is not empty", is: (value) => typeof value === "string" && value !== "" };
export const STORE: Kind = /* @__PURE__ */ methods("get", "put");

export function number(least: number, greatest: number): Kind {
  const is = (value: unknown): boolean => typeof value === "number" && value >= least && value <= greatest;
  return { what: `a number from ${least} to ${greatest}`, is };
}

export function oneOf(...values: readonly string[]): Kind {
  return { what: values.map((value) => `\`${value}\``).join(" or "), is: (value) => values.some((one) => one === value) };
}

export function methods(...names: readonly string[]): Kind {
  const is = (value: unknown): boolean => isObject(value) && names.every((name) => isFunction(value[name]));
  return { what: `an object with the methods ${names.join(", ")}`, is };
}

export function matching(what: string, pattern: RegExp): Kind {
  return { what, is: (value) => typeof value === "string" && pattern.test(value) };
}

/** An address that is asked over HTTP and is `fit`; without credentials, which `fetch` refuses. */
export function address(what: string, fit: (url: URL) => boolean): Kind {
  const is = (value: unknown): boolean => {
    if (typeof value !== "string" || !URL.canParse(value)) return false;
    const url = new URL(value);
    return /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && fit(url);
  };
  return { what, is };
}

/**
 * Compares what was given with what may be, so that a mistake is told at the start: at a request it would be outage mode, or
 * nothing at all. `within`: the name of the group, with a dot.
 * @throws {EdgewardError} `invalid_option`.
 */
export function check(given: object, kinds: Kinds, within = ""): void {
  const stranger = Object.keys(given).find((name) => !Object.hasOwn(kinds, name));
  if (stranger !== undefined) throw invalid(within + stranger, "is no option here");
  for (const [name, kind] of Object.entries(kinds)) {
    const value = (given as Record<string, unknown>)[name];
    const path = within + name;
    if (kind === undefined) continue;
    if ("members" in kind) {
      if (value === undefined) continue;
      if (!isObject(value)) throw invalid(path, `is not ${OBJECT.what}`);
      check(value, kind.members, `${path}.`);
    } else if (value === undefined ? kind.isNeeded === true : !kind.is(value)) {
      throw invalid(path, value === undefined ? "is missing" : `is not ${kind.what}`);
    }
  }
}

function invalid(path: string, why: string): EdgewardError {
  return new EdgewardError("invalid_option", `\`${path}\` ${why}`, { path });
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
