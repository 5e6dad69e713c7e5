// Runs a worker in workerd, Cloudflare's own runtime, on this machine: bundled as a deployment would bundle it.
//
// `request.cf` is what a client sends as JSON in the header `cf-blob`, and `CF-Connecting-IP` what it sends
// under that name: here nobody stands in front to overwrite them.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import workerd from "workerd";

const HOST = "127.0.0.1";
const COMPATIBILITY_DATE = "2026-04-01";

/** @see workerd.d.mts */
export const program = workerd.default ?? workerd;

/** @see workerd.d.mts */
export async function startWorker({ entry, bindings = {}, durableObjects = {} }) {
  const directory = await mkdtemp(join(tmpdir(), "edgeward-worker-"));
  const config = await prepareWorker({ entry, bindings, durableObjects, address: `${HOST}:0`, directory });
  const child = spawn(program, ["serve", "--control-fd=3", config], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const listening = await Promise.race([listen(child.stdio[3]), exited.then(() => undefined)]);
  if (listening === undefined) {
    await rm(directory, { recursive: true, force: true });
    throw new Error(`workerd could not start on ${HOST}`);
  }
  return {
    url: `http://${HOST}:${listening}`,
    port: listening,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** @see workerd.d.mts */
export async function prepareWorker({ entry, bindings = {}, durableObjects = {}, address, directory, plugins = [] }) {
  const modules = await bundle(entry, join(directory, "modules"), plugins);
  const path = join(directory, "config.capnp");
  await writeFile(path, config(modules, bindings, durableObjects, address));
  return path;
}

async function bundle(entry, outdir, plugins) {
  await mkdir(outdir);
  await build({
    entryPoints: { worker: entry },
    outdir,
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
    plugins,
    logLevel: "error",
  });
  const names = await readdir(outdir);
  // The first module is the worker itself.
  return names.sort((a, b) => Number(b === "worker.js") - Number(a === "worker.js"));
}

function config(modules, bindings, durableObjects, address) {
  const text = (value) => JSON.stringify(value);
  const embedded = modules.map((name) => {
    const kind = name.endsWith(".wasm") ? "wasm" : "esModule";
    return `(name = ${text(name)}, ${kind} = embed ${text(`modules/${name}`)})`;
  });
  const bound = Object.entries(bindings).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  const classes = Object.entries(durableObjects).map(([name, className]) => {
    bound.push(`(name = ${text(name)}, durableObjectNamespace = ${text(className)})`);
    return `(className = ${text(className)}, uniqueKey = ${text(className)})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = ${text(address)}, http = (cfBlobHeader = "cf-blob"), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${embedded.join(", ")}],
  bindings = [${bound.join(", ")}],
  durableObjectNamespaces = [${classes.join(", ")}],
  durableObjectStorage = (inMemory = void),
  compatibilityDate = ${text(COMPATIBILITY_DATE)},
);
`;
}

/** workerd reports one JSON line per listening socket on the control pipe. */
async function listen(pipe) {
  let text = "";
  for await (const chunk of pipe) {
    text += chunk;
    const line = text.split("\n").find((entry) => entry.includes('"listen"'));
    if (line !== undefined) return JSON.parse(line).port;
  }
  return undefined;
}
