// The engine, as the page uses it: the same module that runs at the edge, with bundles that are compiled here and that
// nobody has to sign.
import { compile, explain, initializeCompiler } from "./dist/compiler.js";
import { Engine, initialize } from "./dist/edgeward.js";

/** Loads both modules and answers what the page needs of it. */
export async function openEngine() {
  const load = (name) => WebAssembly.compileStreaming(fetch(`dist/${name}.wasm`));
  const [engineModule, compilerModule] = await Promise.all(["engine", "compiler"].map(load));
  initialize(engineModule);
  initializeCompiler(compilerModule);
  const engine = new Engine({ allowUnsigned: true });
  let edition = 0;
  return {
    /** Puts policies to work unless one of them is wrong: then the last good ones stay. Answers all issues. */
    load(policies, namedLocations) {
      const source = JSON.stringify({ schema: 1, version: String(++edition), policies, namedLocations });
      try {
        const { bundle, warnings } = compile(source);
        engine.load(bundle);
        return warnings;
      } catch (error) {
        if (error.issues?.length > 0) return error.issues;
        throw error;
      }
    },
    evaluate: (request) => engine.evaluate(request),
    resume: (request, answer) => engine.resume(request, answer),
    assessment: (request) => engine.assessment(request),
    explain,
  };
}
