import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientAddress } from "../dist/adapters/client-address.js";
import { clientOf } from "../dist/adapters/next/client.js";

test("without trusted proxies the client is whoever connected, whatever it writes", () => {
  const addresses = new ClientAddress(undefined);
  assert.deepEqual(addresses.of("203.0.113.7", "198.51.100.1"), { ip: "203.0.113.7", trustsPeer: false });
});

test("a hop count reads X-Forwarded-For from the right", () => {
  const two = new ClientAddress(2);
  const forged = "192.0.2.66, 203.0.113.7, 10.0.0.2";
  assert.equal(two.of("10.0.0.1", forged).ip, "203.0.113.7");
  assert.equal(two.of("10.0.0.1", "203.0.113.7").ip, undefined, "somebody came in past a proxy");
});

test("ranges stop at the first address that is not a trusted proxy", () => {
  const ranged = new ClientAddress(["10.0.0.0/8", "2001:db8:1::/48"]);
  assert.deepEqual(ranged.of("198.51.100.9", "203.0.113.7"), { ip: "198.51.100.9", trustsPeer: false });
  assert.equal(ranged.of("10.0.0.1", "192.0.2.66, 203.0.113.7, 10.9.9.9").ip, "203.0.113.7");
  assert.equal(ranged.of("2001:db8:1::5", "2001:db8:2::7").ip, "2001:db8:2::7");
  assert.equal(ranged.of("10.0.0.1", undefined).ip, "10.0.0.1", "the proxy itself asks");
});

test("what is no address is unknown, and nothing further left is tried", () => {
  const ranged = new ClientAddress(["10.0.0.0/8"]);
  assert.equal(ranged.of("10.0.0.1", "203.0.113.7, unknown").ip, undefined);
  assert.equal(ranged.of(undefined, "203.0.113.7").ip, undefined, "a closed or Unix domain socket");
});

test("ports, brackets, zones and IPv4-mapped addresses are read for what they are", () => {
  const one = new ClientAddress(1);
  assert.equal(one.of("10.0.0.1", "203.0.113.7:4711").ip, "203.0.113.7");
  assert.equal(one.of("10.0.0.1", "[2001:db8::7]:4711").ip, "2001:db8::7");
  assert.equal(one.of("10.0.0.1", "::ffff:203.0.113.7").ip, "203.0.113.7");
  assert.equal(new ClientAddress(undefined).of("::ffff:203.0.113.7", undefined).ip, "203.0.113.7");
});

test("a bad range is refused at start and named", () => {
  assert.throws(() => new ClientAddress(["10.0.0.0/8", "10.0.0.0/33"]), {
    code: "invalid_option",
    path: "trustedProxies[1]",
  });
  assert.throws(() => new ClientAddress(-1), { code: "invalid_option", path: "trustedProxies" });
});

test("Next behind a proxy: what was asked for has the client's port, not the one Next listens on", () => {
  const asked = (url: string, headers: Record<string, string>): string =>
    clientOf({ trustedProxies: 1 })(new Request(url, { headers })).url.href;
  const forwarded = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" };
  const here = "http://localhost:3417/admin?tab=1";
  assert.equal(asked(here, { ...forwarded, host: "app.example" }), "https://app.example/admin?tab=1");
  assert.equal(asked(here, { ...forwarded, host: "app.example:8443" }), "https://app.example:8443/admin?tab=1");
  assert.equal(asked(here, { host: "app.example" }), "http://app.example/admin?tab=1");
  assert.equal(asked(here, { host: "no host" }), here);
});
