// Every example, started by its `npm start` with the installed package, and asked for what its README promises.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { exchange, open } from "../../dist-test/support/fixture.js";
import { launchBrowser } from "../../../scripts/browser.mjs";
import { copy, freePort, HERE, install, OUT, ROOT, start } from "./support.mjs";

const tools = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8")).dependencies;

before(install);

async function run(name, use) {
  const cwd = copy(`${ROOT}examples/${name}`, name);
  cpSync(`${ROOT}examples/bundle.json`, join(OUT, "bundle.json"));
  const { dependencies } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  for (const [dependency, version] of Object.entries(dependencies)) {
    if (dependency !== "edgeward") assert.equal(tools[dependency], version, `${name} is tested with its own ${dependency}`);
  }
  // In a clone npm goes by what the lock file says of the package: a command it does not list is not there to be started.
  const locked = JSON.parse(readFileSync(`${ROOT}examples/${name}/package-lock.json`, "utf8")).packages["../../js"];
  const own = JSON.parse(readFileSync(`${ROOT}js/package.json`, "utf8"));
  assert.deepEqual(Object.keys(locked.bin ?? {}), Object.keys(own.bin), "`npm install` in the example, and keep its lock file");
  assert.deepEqual(locked.dependencies, own.dependencies);
  if (name === "next") {
    mkdirSync(join(cwd, "app/api/edge"));
    cpSync(join(HERE, "next/edge-route.js"), join(cwd, "app/api/edge/route.js"));
    writeFileSync(join(cwd, "app/api/edge/bundle.js"), `export default ${JSON.stringify(open())};\n`);
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { PORT: String(port), ORIGIN_PORT: "0", WRANGLER_SEND_METRICS: "false", NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
  const server = await start(["npm", "start"], { cwd, env, url });
  try {
    await use(url);
  } finally {
    await server.stop();
  }
}

/** As `curl` asks: `fetch` would add headers of its own. */
function ask(url, headers = {}) {
  return exchange(url, { "user-agent": "curl/8.5.0", accept: "*/*", ...headers });
}

for (const name of ["express", "hono", "next", "worker"]) {
  test(name, () =>
    run(name, async (url) => {
      const home = await ask(`${url}/`);
      assert.equal(home.status, 200);
      assert.match(home.body, /library/);
      const admin = await ask(`${url}/admin`);
      assert.equal(admin.status, 401);
      assert.match(admin.headers["www-authenticate"], /error="insufficient_claims"/);
      const page = await ask(`${url}/admin?a=1`, { "sec-fetch-mode": "navigate" });
      assert.equal(page.status, 302);
      const target = new URL(page.headers.location, url);
      assert.deepEqual([target.pathname, target.searchParams.get("return_to")], ["/verify", `${url}/admin?a=1`]);
      assert.equal((await ask(target.href)).status, 200);
      assert.equal((await ask(`${url}/admin`, { "edgeward-fixture": "verified" })).status, 200);
      assert.equal((await ask(`${url}/members`)).status, 403);
      const tool = await ask(`${url}/`, { "user-agent": "sqlmap/1.8" });
      assert.equal(tool.status, 403);
      assert.ok(JSON.parse(tool.body).supportCode);
      if (name !== "next") return;
      assert.deepEqual(JSON.parse((await ask(`${url}/api/hello`)).body), { agent: "library" });
      assert.equal((await ask(`${url}/api/hello`, { "user-agent": "sqlmap/1.8" })).status, 403);
      assert.equal((await ask(`${url}/api/edge`)).body, '"library"', "in the Edge runtime");
    }),
  );
}

test("static", () =>
  run("static", async (url) => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(url);
      const outcome = page.locator("#outcome");
      await outcome.filter({ hasText: "allow" }).waitFor();
      await page.selectOption("#path", "/admin");
      await outcome.filter({ hasText: "challenge" }).waitFor();
      await page.selectOption("#path", "/members");
      await outcome.filter({ hasText: "block" }).waitFor();
    } finally {
      await browser.close();
    }
  }));
