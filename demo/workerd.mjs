// Bundles the demo worker and configures workerd, the runtime of Cloudflare Workers, to serve it.
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "./packages.mjs";

const compatibilityDate = "2026-04-01";
const packageRoot = fileURLToPath(new URL("../js", import.meta.url));

/** The workerd program. The package is CommonJS, so what it exports as default is one step further down. */
export const workerdPath = async () => (await load("workerd")).default.default;

/** Bundles worker.ts into `directory` and writes the configuration beside it; answers the configuration's path. */
export async function buildWorker(directory, { port, bindings }) {
  const { build } = await load("esbuild");
  const modules = join(directory, "worker");
  await build({
    entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
    outdir: modules,
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
    // workerd compiles WebAssembly when the worker is deployed, from a module of its own.
    loader: { ".wasm": "copy" },
    logLevel: "warning",
    plugins: [edgewardPackage],
  });
  const config = join(directory, "workerd.capnp");
  writeFileSync(config, capnp(readdirSync(modules), bindings, port));
  return config;
}

/** Resolves `edgeward/…` as if the package in js/ were installed here. */
const edgewardPackage = {
  name: "edgeward",
  setup(build) {
    build.onResolve({ filter: /^edgeward(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === "self" ? undefined : build.resolve(path, { kind, resolveDir: packageRoot, pluginData: "self" }));
  },
};

const text = (value) => JSON.stringify(String(value));

function capnp(modules, bindings, port) {
  const wasm = modules.filter((name) => name.endsWith(".wasm")).map((name) => `    (name = ${text(name)}, wasm = embed ${text(`worker/${name}`)}),`);
  const values = Object.entries(bindings).map(([name, value]) => `    (name = ${text(name)}, text = ${text(value)}),`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # The scorer, the origin and the key set are on this machine.
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker/worker.js"),
${wasm.join("\n")}
  ],
  compatibilityDate = "${compatibilityDate}",
  bindings = [
${values.join("\n")}
  ],
);
`;
}
