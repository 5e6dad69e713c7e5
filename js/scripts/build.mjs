// Compiles the package into dist/, around the modules that `cargo run -p xtask -- wasm` wrote to dist/engine and
// dist/compiler.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const modules = ["engine", "compiler"];
if (!modules.every((name) => existsSync(`${root}/dist/${name}/${name}.js`))) {
  console.error("A module is missing in dist. Build both first: cargo run -p xtask -- wasm");
  process.exit(1);
}
// What an earlier build left would be packed with the rest.
for (const name of readdirSync(`${root}/dist`)) if (!modules.includes(name)) rmSync(`${root}/dist/${name}`, { recursive: true });
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "--project", "tsconfig.json"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

const entries = ["index", "entry/slim", "compile/index", ...["fastify", "fetch", "hono", "next", "node", "workers"].map((host) => `adapters/${host}/index`)];

// A file each for pages without a bundler, where `#engine` and `jose` would not resolve; the page fetches the modules.
await build({
  absWorkingDir: root,
  entryPoints: { browser: "dist/adapters/browser/index.js", "browser-compiler": "dist/compile/browser.js" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "error",
});

// Everything else in as few files as its entries can share: opening thirty of them is half of what a fresh process waits for.
// The engine is one of them, so that a bundler leaves the guard out where nobody uses it. The rest of what the compiler wrote
// stays for the tests, and is not published.
await build({
  absWorkingDir: root,
  entryPoints: ["engine", ...entries].map((entry) => `dist/${entry}.js`),
  outbase: "dist",
  outdir: "dist",
  allowOverwrite: true,
  // Beside the files they are made of, so that what is not bundled is where these say.
  chunkNames: "shared-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  external: ["#engine"],
  plugins: [
    {
      name: "modules and their glue stay files",
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/(engine|compiler)\/(engine|compiler|inline)\.js$/ }, ({ path }) => ({ path, external: true })),
    },
  ],
  format: "esm",
  target: "es2022",
  logLevel: "error",
});
