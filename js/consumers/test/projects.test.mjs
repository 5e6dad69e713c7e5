// Projects of the usual kinds, with the installed package, configured no more than they would be without it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import webpack from "webpack";
import webpackConfig from "../webpack/webpack.config.mjs";
import { HERE, install, OUT, run, runtimes, tool } from "./support.mjs";

before(install);

for (const [name, [command, ...parameters]] of Object.entries(runtimes)) {
  test(`${name} imports and requires it`, async () => {
    assert.equal(await run(command, [...parameters, "node/use.mjs"]), "allow function function\n");
    assert.equal(await run(command, [...parameters, "node/use.cjs"]), "allow function function\n");
    assert.equal(await run(command, [...parameters, "node/slim.mjs"]), "allow\n");
  });
}

for (const [file, module, resolution] of [
  ["use.mts", "node16", "node16"],
  ["use.mts", "nodenext", "nodenext"],
  ["use.mts", "esnext", "bundler"],
  ["use.cts", "nodenext", "nodenext"],
]) {
  test(`TypeScript finds the types: ${file}, ${resolution}`, async () => {
    const strict = ["--ignoreConfig", "--strict", "--exactOptionalPropertyTypes", "--noEmit", "--skipLibCheck"];
    const target = ["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--lib", "es2023,dom,dom.iterable"];
    assert.equal(await run(tool("tsc"), [...strict, ...target, "--types", "node", `typescript/${file}`]), "");
  });
}

test("Vite", async () => {
  await run(tool("vite"), ["build"], { cwd: join(HERE, "vite") });
  assert.equal(await run(process.execPath, [join(OUT, "vite/main.mjs")]), "allow\n");
});

test("webpack, for the web and for Node", async () => {
  const stats = await new Promise((resolve, reject) =>
    webpack(webpackConfig, (error, result) => (error ? reject(error) : resolve(result))),
  );
  assert.equal(stats.hasErrors() || stats.hasWarnings(), false, stats.toString({ all: false, errors: true, warnings: true }));
  for (const file of ["web.cjs", "node.cjs"]) {
    assert.equal(await run(process.execPath, [join(OUT, "webpack", file)]), "allow\n", file);
  }
});

test("esbuild, for the web and for Node, as ES module and CommonJS", async () => {
  for (const [platform, format, extension] of [["browser", "esm", "mjs"], ["node", "esm", "mjs"], ["node", "cjs", "cjs"], ["neutral", "esm", "mjs"]]) {
    const file = join(OUT, `esbuild/${platform}.${extension}`);
    const parameters = ["esbuild/main.js", "--bundle", `--platform=${platform}`, `--format=${format}`, `--outfile=${file}`, "--log-level=warning"];
    await run(tool("esbuild"), parameters);
    assert.equal(await run(process.execPath, [file]), "allow\n", platform);
    assert.ok(!readFileSync(file, "utf8").includes("edgeward_session"), "it imports the engine alone, and gets no guard");
  }
});
