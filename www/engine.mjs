// The engine, as the page uses it: the same module that runs at the edge, with bundles that nobody has to sign.
import { Engine, initialize } from "./dist/edgeward.js";

/** Loads the module and answers what the page needs of it. */
export async function openEngine() {
  initialize(await WebAssembly.compileStreaming(fetch("dist/engine.wasm")));
  const engine = new Engine({ allowUnsigned: true });
  let edition = 0;
  return {
    /** Puts policies to work unless one of them is wrong: then the last good ones stay. Answers all issues. */
    load(policies, namedLocations) {
      const bundle = JSON.stringify({ schema: 1, version: String(++edition), policies, namedLocations });
      const issues = engine.lint(bundle);
      if (issues.every((issue) => issue.severity !== "error")) engine.load(bundle);
      return issues;
    },
    evaluate: (request) => engine.evaluate(request),
    resume: (request, answer) => engine.resume(request, answer),
    assessment: (request) => engine.assessment(request),
    explain: (request) => engine.explain(request),
  };
}
