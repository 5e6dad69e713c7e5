import assert from "node:assert/strict";
import { test } from "node:test";
import { resolve } from "../dist/adapters/node/address.js";

const HOSTS = ["app.example", "app.example:443", "APP.example:8080", "127.1", "[::1]:80", "user@app.example", "app.example/base",
  "app.example?", "", "a b"];
const TARGETS = ["/", "/items/1", "/a/../b", "/a/./b", "/..", "/.well-known/x", "/a/%2e%2e/b", "//other.example/x", "/a\\..\\b",
  "/ä", "/a b", "/a?b=c%20d", "/a?b=/../c", "/a#b", "/a?b#c", "/a.b/c~d-e_f", "/a/b.", "/a\n/b", "/a?b='", "/a;b=c"];

test("an address is what the URL standard makes of it, whichever was asked for before", () => {
  for (const target of TARGETS) {
    for (const [scheme, host] of HOSTS.flatMap((host) => [["http", host], ["https", host], ["https", host]] as const)) {
      const text = `${scheme}://${host}${target}`;
      const whole = URL.canParse(text) ? new URL(text) : undefined;
      const address = resolve(scheme, host, target);
      const parts = (url: typeof address) => url && [url.href, url.hostname, url.pathname];
      assert.deepEqual(parts(address), parts(whole), text);
    }
  }
});
