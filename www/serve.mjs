// Serves the demo page, which is nothing but files.
import { readFile } from "node:fs/promises";
import { extname } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** Handler of the page's files. Names are checked against what files here are called, so none leads outside. */
export async function handler(request, response) {
  const { pathname } = new URL(request.url, "http://page.invalid");
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  const type = /^(dist\/)?[a-z][a-z-]*\.[a-z]+$/.test(name) && types[extname(name)];
  const body = type && (await readFile(new URL(name, import.meta.url)).catch(() => null));
  if (!body) {
    response.writeHead(404, { "content-type": "text/plain" });
    return response.end("There is no such file.\n");
  }
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache" });
  response.end(body);
}
