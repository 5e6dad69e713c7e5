// Compiles the package into dist/, around the modules that `cargo run -p xtask -- wasm` wrote to dist/engine and
// dist/compiler.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const modules = ["engine", "compiler"];
const APART = /\/(engine\/inline|compiler\/(compiler|inline))\.js$/;
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

// Everything else in few files: a file that is opened costs a fresh process as much as parsing twenty kilobytes do, one that
// is found by way of another still more. What the entries share are two files, of which a bundler takes what is used, and
// `#engine` is both and the module, started; in Node it is one file. What is imported when it is needed stays apart. The rest
// of what the compiler wrote stays for the tests, and is not published.
const hosts = ["fastify", "fetch", "hono", "next", "node", "workers"].map((host) => `adapters/${host}/index`);
const shared = new Map();
for (const late of ["dpop", "token"]) await bundle(late, () => undefined);
for (const name of ["core", "hosts"]) for (const file of await bundle(name, (found) => shared.get(found))) shared.set(file, `./${name}.js`);
await bundle("entry/node", () => undefined);
for (const entry of ["entry/slim", "compile/index"]) await bundle(entry, (found) => shared.get(found));
for (const entry of ["index", ...hosts]) await bundle(entry, (found) => shared.has(found) ? "#engine" : undefined);

/** Bundles a file in its place, around what `elsewhere` finds in another. Returns the files it was made of. */
async function bundle(entry, elsewhere) {
  const from = (file) => relative(dirname(`${root}/dist/${entry}`), file).replace(/^(?!\.)/, "./");
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`dist/${entry}.js`],
    outfile: `dist/${entry}.js`,
    allowOverwrite: true,
    bundle: true,
    metafile: true,
    packages: "external",
    external: ["#engine"],
    plugins: [
      {
        name: "files of their own",
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
            const file = resolve(resolveDir, path);
            if (kind === "dynamic-import" || APART.test(path)) return { path: from(file), external: true };
            const within = elsewhere(file);
            if (within === undefined) return undefined;
            return { path: within.startsWith(".") ? from(resolve(root, "dist", within)) : within, external: true };
          }),
      },
    ],
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  return Object.keys(metafile.inputs).map((file) => resolve(root, file));
}
