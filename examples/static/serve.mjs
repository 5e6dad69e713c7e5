// Any file server will do, as long as it serves these five and knows the type of WebAssembly.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const installed = (entry) => fileURLToPath(import.meta.resolve(entry));
const files = {
  "/": [here("index.html"), "text/html; charset=utf-8"],
  "/page.js": [here("page.js"), "text/javascript"],
  "/edgeward.js": [installed("edgeward/browser"), "text/javascript"],
  "/engine.wasm": [installed("edgeward/engine.wasm"), "application/wasm"],
  "/bundle.json": [here("bundle.edge.json"), "application/json"],
};

createServer((request, response) => {
  const [path, type] = files[request.url] ?? [];
  if (path === undefined) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": type, "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" });
  return response.end(readFileSync(path));
}).listen(Number(process.env.PORT ?? 3000));
