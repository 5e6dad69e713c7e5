// What is published says truly what it is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { HERE, install, PACKAGE, run } from "./support.mjs";

let tarball;

before(async () => {
  tarball = await install();
});

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: join(HERE, "node_modules/edgeward"), strict: true, pack: false });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

/** Not types, and not meant to be. */
const UNTYPED = new Set(["./engine.wasm", "./compiler.wasm", "./package.json"]);

test("the types are not wrong", async () => {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  assert.notEqual(analysis.types, false);
  const wrong = analysis.problems.filter(({ kind, entrypoint, resolutionKind }) => {
    if (entrypoint !== undefined && UNTYPED.has(entrypoint)) return false;
    // Resolution of Node 10, which knows no `exports`, is not supported.
    if (resolutionKind === "node10") return false;
    // Every Node that is supported can require ES modules; `test/projects.test.mjs` holds it to that.
    return kind !== "CJSResolvesToESM";
  });
  assert.deepEqual(wrong, []);
});

test("only what is needed is packed, and jose is all that comes with it", async () => {
  const { dependencies, peerDependenciesMeta } = JSON.parse(readFileSync(`${PACKAGE}package.json`, "utf8"));
  assert.deepEqual(Object.keys(dependencies), ["jose"]);
  assert.ok(Object.values(peerDependenciesMeta).every(({ optional }) => optional));
  const files = (await run("tar", ["-tzf", tarball])).trimEnd().split("\n");
  const kinds = /^package\/(package\.json|README\.md|LICENSE-(MIT|APACHE)|dist\/.+\.(js|ts|wasm)|src\/.+\.(ts|json))$/;
  assert.deepEqual(files.filter((file) => !kinds.test(file)), []);
  const modules = files.filter((file) => file.endsWith(".wasm"));
  assert.deepEqual(modules.sort(), ["package/dist/compiler/compiler.wasm", "package/dist/engine/engine.wasm"]);
});
