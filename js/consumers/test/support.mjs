// Packs the package and installs it here as npm would, once for all tests of this process.
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const HERE = fileURLToPath(new URL("..", import.meta.url));
export const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** What is built here; ignored by git. */
export const OUT = join(HERE, "out");

const execute = promisify(execFile);

/** Runs a program to its end and answers its output; fails with all it wrote. */
export async function run(command, parameters, { cwd = HERE, env = {} } = {}) {
  try {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 1 << 26, timeout: 300_000 };
    return (await execute(command, parameters, options)).stdout;
  } catch (error) {
    throw new Error(`${command} ${parameters.join(" ")} failed\n${error.stdout ?? ""}\n${error.stderr ?? error}`);
  }
}

/** Path of an installed tool. */
export const tool = (name) => join(HERE, "node_modules/.bin", name);

/** The runtimes that run files of JavaScript, and how. */
export const runtimes = {
  [`Node ${process.versions.node}`]: [process.execPath],
  "Node 22": [join(HERE, "node_modules/node22/bin/node")],
  "Node 24": [join(HERE, "node_modules/node24/bin/node")],
  Deno: [tool("deno"), "run", "--quiet", "--allow-all", "--node-modules-dir=manual"],
  Bun: [tool("bun"), "run"],
};

/** Packs and installs what is built, unless that was done; answers the tarball's path. */
export async function install() {
  mkdirSync(OUT, { recursive: true });
  const [{ filename }] = JSON.parse(await run("npm", ["pack", "--json", "--ignore-scripts=false", "--pack-destination", OUT], { cwd: PACKAGE }));
  const tarball = join(OUT, filename);
  const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex");
  const stamp = join(HERE, "node_modules/edgeward/.digest");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return tarball;
  rmSync(join(HERE, "node_modules/edgeward"), { recursive: true, force: true });
  await run("npm", ["install", "--no-save", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball]);
  writeFileSync(stamp, digest);
  return tarball;
}

/** A port nobody listens on, at the moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server of its own process group and waits until `url` answers; `stop` ends all of it. */
export async function start([command, ...parameters], { cwd = HERE, env = {}, url }) {
  const child = spawn(command, parameters, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  let gone = false;
  void exited.then(() => (gone = true));
  child.once("error", () => (gone = true));
  const stop = async () => {
    if (!gone) process.kill(-child.pid, "SIGTERM");
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 5_000);
    await exited;
    clearTimeout(timer);
  };
  for (let tries = 0; tries < 3_000 && !gone; tries += 1) {
    // The redirect of a challenge, or a refusal, is an answer too.
    const answered = await fetch(url, { redirect: "manual" }).then(() => true, () => false);
    if (answered) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (!gone) await stop();
  throw new Error(`${command} ${parameters.join(" ")} does not answer at ${url}\n${output}`);
}

/** Copies a folder to where the tools and the installed package are found from, without what was built in it. */
export function copy(from, name) {
  const to = join(OUT, name);
  rmSync(to, { recursive: true, force: true });
  const left = new Set(["node_modules", ".next", "dist", ".wrangler", "package-lock.json"]);
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from)) if (!left.has(entry)) cpSync(join(from, entry), join(to, entry), { recursive: true });
  return to;
}
