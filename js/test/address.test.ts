import assert from "node:assert/strict";
import { test } from "node:test";
import { resolve } from "../dist/adapters/node/address.js";

const HOSTS = ["app.example", "app.example:443", "APP.example:8080", "127.1", "[::1]:80", "user@app.example", "app.example/base",
  "app.example?", "", "a b"];
const TARGETS = ["/", "/items/1", "/a/../b", "/a/./b", "/..", "/.well-known/x", "/a/%2e%2e/b", "//other.example/x", "/a\\..\\b",
  "/ä", "/a b", "/a?b=c%20d", "/a?b=/../c", "/a#b", "/a?b#c", "/a.b/c~d-e_f", "/a/b.", "/a\n/b", "/a?b='", "/a;b=c"];

const bases = new Map([["http", "http://"], ["https", "https://"]]);

test("an address is what the URL standard makes of it, and its path what the client wrote", () => {
  for (const target of TARGETS) {
    for (const [scheme, host] of HOSTS.flatMap((host) => [["http", host], ["https", host], ["https", host]] as const)) {
      const isHost = /^[\w.:[\]-]+$/.test(host);
      const base = (bases.get(scheme) as string) + (isHost ? host : "localhost");
      const whole = new URL(base + target);
      const { href, hostname, path } = resolve(scheme, host, target);
      const expected = [whole.href, isHost ? whole.hostname : undefined, target.replace(/[?#].*/s, "")];
      assert.deepEqual([href, hostname, path], expected, `${scheme}://${host} ${target}`);
    }
  }
});

test("a target that names its host is read whole, and one without a path is the root", () => {
  const read = (target: string): unknown[] => {
    const { href, hostname, path } = resolve("https", "app.example", target);
    return [href, hostname, path];
  };
  assert.deepEqual(read("http://other.example:8080/admin?x"), ["https://other.example:8080/admin?x", "other.example", "/admin"]);
  assert.deepEqual(read("HTTP://user@other.example/a/../admin"), ["https://other.example/admin", "other.example", "/a/../admin"]);
  assert.deepEqual(read("*"), ["https://app.example/", "app.example", "/"]);
  assert.deepEqual(read("other.example:443"), ["https://app.example/", "app.example", "/"]);
  assert.deepEqual(resolve("http", undefined, "/admin").hostname, undefined);
});
