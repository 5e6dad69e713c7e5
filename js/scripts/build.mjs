// Compiles the package into dist/, around the module that `cargo run -p xtask -- wasm` wrote to dist/engine.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

if (!existsSync(`${root}/dist/engine/engine.js`)) {
  console.error("dist/engine is missing. Build the module first: cargo run -p xtask -- wasm");
  process.exit(1);
}
// What an earlier build left would be packed with the rest.
for (const name of readdirSync(`${root}/dist`)) if (name !== "engine") rmSync(`${root}/dist/${name}`, { recursive: true });
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

// One file for pages without a bundler, where `#engine` and `jose` would not resolve; the page fetches engine.wasm.
await build({
  absWorkingDir: root,
  entryPoints: ["dist/adapters/browser/index.js"],
  outfile: "dist/browser.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "error",
});
