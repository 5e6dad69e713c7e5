// What is done with bundles before an edge loads them: checked, asked, and compiled; and what people ask of a client. Not at
// the edge: on the machine of whoever writes policies, in its own module, so that edges do not carry what reads Graph's JSON.
import { compile as compileText, explain as explainText, lint as lintText, whatIf as whatIfText } from "../compiler/compiler.js";
import { answered } from "../errors.js";
import type { Explanation, Issue, Request } from "../types.js";

export { EdgewardError } from "../errors.js";
export type { Explanation, Issue, Request } from "../types.js";

/** What edges load, and what of its policies is doubtful. */
export interface CompiledBundle {
  /** The compiled bundle, to be signed: the signature is over these bytes. */
  bundle: string;
  /** Odd, but no reason to refuse it. */
  warnings: Issue[];
}

/**
 * Compiles the source of a bundle, once all of it was checked as an edge would. The same source makes the same bytes.
 *
 * ```ts
 * import { compile } from "edgeward/compiler";
 * const { bundle } = compile(JSON.stringify({ schema: 1, version: "1", policies, namedLocations }));
 * app.use(createMiddleware({ bundle: { text: bundle }, allowUnsigned: true }));
 * ```
 * @throws {EdgewardError} with all `issues` of the policies.
 */
export function compile(source: string): CompiledBundle {
  return answered(compileText(source));
}

/**
 * All that is wrong or doubtful in a bundle.
 * @throws {EdgewardError} if it can not be read as a bundle at all.
 */
export function lint(source: string): Issue[] {
  return answered<{ issues: Issue[] }>(lintText(source)).issues;
}

/** Answers Graph's What If (`identity/conditionalAccess/evaluate`) by the source of a bundle: its body in, its answer out. */
export function whatIf(source: string, body: unknown): unknown {
  return answered(whatIfText(source, JSON.stringify(body)));
}

/** What the client of a request is, as `classify` of an engine tells, and which tokens and rule decided. */
export function explain(request: Request): Explanation {
  return answered(explainText(JSON.stringify(request)));
}
