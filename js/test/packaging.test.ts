// The package as others get it: packed, installed into projects of their own, and used from there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const USE = `
const engine = new Engine({ allowUnsigned: true });
engine.load(JSON.stringify({ schema: 1, version: "1", policies: [] }));
console.log(engine.evaluate({ http: { path: "/" } }).outcome, typeof protect);
`;
let project: string;

function run(command: string, ...parameters: string[]): string {
  return execFileSync(command, parameters, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

before(() => {
  project = mkdtempSync(join(tmpdir(), "edgeward-package-"));
  write("package.json", '{"private":true}');
  run("npm", "pack", PACKAGE, "--silent");
  const packed = readdirSync(project).find((name) => name.endsWith(".tgz")) ?? "";
  // The one dependency is taken from where it is installed already: no network.
  run("npm", "install", "--offline", "--no-audit", "--no-fund", `./${packed}`, join(PACKAGE, "node_modules/jose"));
});

after(() => rmSync(project, { recursive: true, force: true }));

test("an ES module imports it", () => {
  write("use.mjs", `import { Engine } from "edgeward"; import { protect } from "edgeward/node"; ${USE}`);
  assert.equal(run("node", "use.mjs"), "allow function\n");
});

test("a CommonJS module requires it", () => {
  write("use.cjs", `const { Engine } = require("edgeward"); const { protect } = require("edgeward/node"); ${USE}`);
  assert.equal(run("node", "--no-warnings", "use.cjs"), "allow function\n");
});

test("a bundle carries it whole", () => {
  const esbuild = join(PACKAGE, "node_modules/.bin/esbuild");
  write("use.mjs", `import { Engine } from "edgeward"; import { protect } from "edgeward/node"; ${USE}`);
  run(esbuild, "use.mjs", "--bundle", "--platform=node", "--format=cjs", "--outfile=bundled/use.cjs", "--log-level=error");
  assert.equal(run("node", "bundled/use.cjs"), "allow function\n");
});

test("the slim entry takes the module from the caller", () => {
  write(
    "slim.mjs",
    `import { readFileSync } from "node:fs";
     import { fileURLToPath } from "node:url";
     import { Engine, initialize } from "edgeward/slim";
     initialize(readFileSync(fileURLToPath(import.meta.resolve("edgeward/engine.wasm"))));
     const protect = () => undefined; ${USE}`,
  );
  assert.equal(run("node", "slim.mjs"), "allow function\n");
});

for (const [module, moduleResolution] of [
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
] as const) {
  test(`TypeScript finds the types (${moduleResolution})`, () => {
    write(
      "use.ts",
      `import { Engine, EdgewardError, verifyResult } from "edgeward";
       import type { Decision, Outcome, Request } from "edgeward";
       import { createMiddleware } from "edgeward/node";
       import { createWorker, protect } from "edgeward/workers";
       const request: Request = { time: 1, principal: { kind: "user", id: null, groups: [] } };
       const decision: Decision = new Engine({ allowUnsigned: true }).evaluate(request);
       export const outcome: Outcome = decision.outcome;
       // @ts-expect-error: no kind of principal
       export const wrong: Request = { principal: { kind: "robot" } };
       export const worker = createWorker((env: { ORIGIN: string }) => ({ origin: env.ORIGIN, onNoBundle: "allow" }));
       export { createMiddleware, EdgewardError, protect, verifyResult };`,
    );
    write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: "es2022",
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          lib: ["es2023", "dom"],
          types: ["node"],
          typeRoots: [join(PACKAGE, "node_modules/@types")],
        },
        files: ["use.ts"],
      }),
    );
    assert.equal(run(process.execPath, join(PACKAGE, "node_modules/typescript/bin/tsc"), "--project", "."), "");
  });
}
