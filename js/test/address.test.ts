import assert from "node:assert/strict";
import { test } from "node:test";
import { resolve } from "../dist/adapters/node/address.js";

const ORIGINS = ["http://app.example", "https://app.example:443", "http://APP.example:8080", "http://127.1", "http://[::1]:80",
  "http://user@app.example", "http://app.example/base", "http://app.example?", "http://", "http://a b"];
const TARGETS = ["/", "/items/1", "/a/../b", "/a/./b", "/..", "/.well-known/x", "/a/%2e%2e/b", "//other.example/x", "/a\\..\\b",
  "/ä", "/a b", "/a?b=c%20d", "/a?b=/../c", "/a#b", "/a?b#c", "/a.b/c~d-e_f", "/a/b.", "/a\n/b", "/a?b='", "/a;b=c"];

test("an address is what the URL standard makes of it, whichever was asked for before", () => {
  for (const target of TARGETS) {
    for (const origin of [...ORIGINS, ...ORIGINS]) {
      const whole = URL.canParse(origin + target) ? new URL(origin + target) : undefined;
      const address = resolve(origin, target);
      const parts = (url: typeof address) => url && [url.href, url.hostname, url.pathname];
      assert.deepEqual(parts(address), parts(whole), origin + target);
    }
  }
});
