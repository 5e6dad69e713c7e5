// `make run` as a whole: it tells the truth about the verdicts, finds other ports, and leaves nothing behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/run.mjs", import.meta.url));

/** Starts the run; `output()` is what it printed so far, `says(pattern)` waits until that matches. */
function start(env = {}) {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ONCE: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  const says = async (pattern) => {
    let over = false;
    ended.then(() => (over = true));
    while (!pattern.test(text)) {
      if (over) assert.fail(`it ended without saying ${pattern}:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { child, ended, says, output: () => text };
}

/** Command lines of the scorers and workerds that serve from target/run. */
const leftBehind = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return /\/target\/run\//.test(line) ? [line] : [];
      } catch {
        return [];
      }
    });

async function nothingLeft() {
  const deadline = Date.now() + 5_000;
  while (leftBehind().length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(leftBehind(), []);
}

test("ONCE=1 checks every verdict, avoids a port in use and says so, and leaves nothing behind", async () => {
  const taken = createServer().listen(8787, "127.0.0.1");
  await Promise.race([once(taken, "listening"), once(taken, "error")]);
  const run = start({ ONCE: "1" });
  const { code } = await run.ended;
  taken.close();
  assert.equal(code, 0, run.output());
  assert.match(run.output(), /Port 8787 is in use/);
  assert.doesNotMatch(run.output(), /WRONG/);
  await nothingLeft();
});

test("Ctrl-C stops everything that was started", async () => {
  const run = start();
  await run.says(/Ctrl-C stops everything/);
  const page = /Demo page +(\S+)/.exec(run.output())[1];
  assert.equal((await fetch(page)).status, 200);
  assert.ok(leftBehind().length >= 2, "scorer and worker are running");
  run.child.kill("SIGINT");
  assert.deepEqual(await run.ended, { code: 0, signal: null }, run.output());
  await nothingLeft();
  await assert.rejects(fetch(page));
});

test("even killed outright it leaves nothing behind", async () => {
  const run = start();
  await run.says(/Requests through the worker/);
  run.child.kill("SIGKILL");
  await run.ended;
  await nothingLeft();
});
