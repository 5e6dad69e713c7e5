import type { Issue } from "./types.js";

/**
 * Stable error codes. Those the engine reports (`invalid_json`, `too_large`, `bad_signature`, …) pass through
 * unchanged; these are the package's own.
 */
export type EdgewardErrorCode =
  /** An option is missing, malformed or contradicts another; `path` names it. */
  | "invalid_option"
  /** The module trapped, was rebuilt, and trapped again on the same input. */
  | "engine_trap"
  /** The engine has no bundle to decide by. */
  | "no_bundle"
  /** A code of the engine. */
  | (string & {});

/** Every error this package throws. Compare `code`; the message is for people. */
export class EdgewardError extends Error {
  override readonly name = "EdgewardError";
  readonly code: EdgewardErrorCode;
  /** Which option or member, if one. */
  readonly path: string | undefined;
  /** All that is wrong with a bundle. */
  readonly issues: readonly Issue[];

  constructor(
    code: EdgewardErrorCode,
    message: string,
    details: { path?: string | undefined; issues?: readonly Issue[] | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.issues = details.issues ?? [];
  }

  /** One class to whoever asks, although the engine and the compiler each bring their own, and so does every copy of the package. */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (this !== EdgewardError) return Function.prototype[Symbol.hasInstance].call(this, error);
    return error instanceof Error && error.name === "EdgewardError";
  }
}

const FAILURE = '{"error":';

/** What a module answered as JSON; a failure is thrown. */
export function answered<T>(text: string): T {
  return JSON.parse(successful(text)) as T;
}

/** The same, as it was answered. */
export function successful(text: string): string {
  if (text.startsWith(FAILURE)) throw failure(text);
  return text;
}

/** The error that a module answered as JSON. */
export function failure(text: string): EdgewardError {
  const { error, issues } = JSON.parse(text) as {
    error: { code: string; message: string; path?: string };
    issues?: Issue[];
  };
  return new EdgewardError(error.code, error.message, { path: error.path, issues });
}

/** What a report says of an error: of the engine's, code and path, because its message quotes what a request said. */
export function fault(error: unknown): string {
  if (!(error instanceof EdgewardError)) return error instanceof SyntaxError ? error.name : String(error);
  return error.path === undefined ? error.code : `${error.code} at ${error.path}`;
}
