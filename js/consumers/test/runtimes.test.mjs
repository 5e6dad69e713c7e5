// One corpus and one list of adapter cases, in every runtime that installs here.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { adapterCases } from "../../dist-test/support/adapter-cases.js";
import { bundle } from "../../dist-test/support/fixture.js";
import { serve } from "../../dist-test/support/servers.js";
import { launchBrowser } from "../../../scripts/browser.mjs";
import { freePort, HERE, install, OUT, PACKAGE, ROOT, run, runtimes, start } from "./support.mjs";

const corpus = (name) => `${ROOT}tests/corpus/${name}`;
const corpora = [
  ["decisions/bundle.json", "decisions/cases.jsonl", "decisions/decisions.jsonl"],
  ["bins/standard.json", "bins/cases.jsonl", "bins/standard.jsonl"],
  ["bins/hardened.json", "bins/cases.jsonl", "bins/hardened.jsonl"],
];
const bundlePath = join(OUT, "cases-bundle.json");

before(async () => {
  await install();
  writeFileSync(bundlePath, bundle());
});

function compare(decided, recorded) {
  const [now, then] = [decided, readFileSync(corpus(recorded), "utf8")].map((text) => text.trimEnd().split("\n"));
  assert.equal(now.length, then.length);
  for (const [index, line] of then.entries()) assert.equal(now[index], line);
}

for (const [name, [command, ...parameters]] of Object.entries(runtimes)) {
  test(`${name} decides byte for byte as the native engine does`, async () => {
    for (const [bundle, cases, recorded] of corpora) {
      compare(await run(command, [...parameters, "node/decide.mjs", corpus(bundle), corpus(cases)]), recorded);
    }
  });
}

test("Chromium decides byte for byte as the native engine does", async () => {
  const files = {
    "/browser.js": [`${PACKAGE}dist/browser.js`, "text/javascript"],
    "/engine.wasm": [`${PACKAGE}dist/engine/engine.wasm`, "application/wasm"],
    "/browser-compiler.js": [`${PACKAGE}dist/browser-compiler.js`, "text/javascript"],
    "/compiler.wasm": [`${PACKAGE}dist/compiler/compiler.wasm`, "application/wasm"],
    ...Object.fromEntries(corpora.flat().map((name) => [`/${name}`, [corpus(name), "text/plain; charset=utf-8"]])),
  };
  const site = await serve((request, response) => {
    const [path, type] = files[request.url] ?? [];
    response.setHeader("content-type", type ?? "text/html").end(path === undefined ? "<!doctype html>" : readFileSync(path));
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    const decided = await page.evaluate(async (corpora) => {
      const { Engine, initialize } = await import("/browser.js");
      const { compile, initializeCompiler } = await import("/browser-compiler.js");
      initialize(await WebAssembly.compileStreaming(fetch("/engine.wasm")));
      initializeCompiler(await WebAssembly.compileStreaming(fetch("/compiler.wasm")));
      return Promise.all(
        corpora.map(async (files) => {
          const [source, cases] = await Promise.all(files.slice(0, 2).map(async (path) => (await fetch(`/${path}`)).text()));
          const engine = new Engine({ allowUnsigned: true });
          engine.load(compile(source).bundle);
          return cases.trimEnd().split("\n").map((line) => {
            const { request, answer, outage } = JSON.parse(line);
            const decision = answer !== undefined || outage === true ? engine.resume(request, answer) : engine.evaluate(request);
            return JSON.stringify(decision);
          });
        }),
      );
    }, corpora);
    for (const [index, [, , recorded]] of corpora.entries()) compare(decided[index].join("\n"), recorded);
  } finally {
    await browser.close();
    await site.stop();
  }
});

const [node22, node24] = [runtimes["Node 22"], runtimes["Node 24"]];
const servers = {
  "Node 22": [...node22, "servers/node.mjs"],
  "Node 24": [...node24, "servers/node.mjs"],
  Deno: [...runtimes.Deno, "servers/deno.mjs"],
  Bun: [...runtimes.Bun, "servers/bun.mjs"],
  "Hono on Deno": [...runtimes.Deno, "servers/hono-deno.mjs"],
  "Hono on Bun": [...runtimes.Bun, "servers/hono-bun.mjs"],
};

for (const [name, command] of Object.entries(servers)) {
  test(`the adapter cases on ${name}`, async (suite) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = await start(command, { cwd: HERE, env: { PORT: String(port), BUNDLE: bundlePath }, url });
    try {
      for (const { name: what, run: check } of adapterCases) await suite.test(what, () => check(url));
    } finally {
      await server.stop();
    }
  });
}
