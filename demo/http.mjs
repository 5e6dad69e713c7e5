// What the demo's own little servers share: pages, forms, static files, and a port that is free.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const file = (path) => readFileSync(new URL(path, import.meta.url));
const styles = {
  "/base.css": { type: "text/css; charset=utf-8", body: file("../www/base.css") },
  "/pages.css": { type: "text/css; charset=utf-8", body: file("pages.css") },
  "/mark.svg": { type: "image/svg+xml", body: file("../www/mark.svg") },
};
const mark = file("../www/mark.svg").toString().trim();

/** Text that is safe between tags and in quoted attributes. */
export const escape = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** The brand, linked to `href`. */
export const brand = (text, href = "/") => `<a class="brand" href="${escape(href)}">${mark}${escape(text)}</a>`;

/** A whole page. `body` is HTML. */
export const page = (title, body) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><link rel="icon" href="/mark.svg"><link rel="stylesheet" href="/base.css"><link rel="stylesheet" href="/pages.css">
</head><body>${body}</body></html>`;

/** Answers with a page. No script runs on these pages, and nobody frames them. */
export function sendPage(response, status, html, headers = {}) {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy":
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    ...headers,
  });
  response.end(html);
}

/** Answers with JSON. */
export function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

/** Serves the shared styles; false if the path is not one of them. */
export function sendStyle(response, path) {
  const style = styles[path];
  if (!style) return false;
  response.writeHead(200, { "content-type": style.type, "cache-control": "max-age=60" });
  response.end(style.body);
  return true;
}

/** The fields of a posted form, or null when it is longer than any of ours. */
export async function readForm(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 8192) return null;
  }
  return new URLSearchParams(text);
}

/** Starts an HTTP server on `port`, or on the next free one, at most `tries` further on. */
export async function serve(handler, port, tries = 100) {
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch((error) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  for (let candidate = port; ; candidate++) {
    const error = await new Promise((resolve) => {
      server.once("error", resolve);
      server.listen(candidate, "127.0.0.1", () => {
        server.off("error", resolve);
        resolve(null);
      });
    });
    if (!error) return { server, port: server.address().port, origin: `http://127.0.0.1:${server.address().port}` };
    if (error.code !== "EADDRINUSE" || candidate >= port + tries) throw error;
  }
}
