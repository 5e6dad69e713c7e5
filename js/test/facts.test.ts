import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderReader, HEADER_COUNT_LIMIT, HEADER_TOTAL_LIMIT, HEADER_VALUE_LIMIT, TELLING } from "../dist/adapters/headers.js";
import { clientFacts } from "../dist/adapters/workers/client.js";
import { Engine } from "edgeward";
import { glue } from "#engine";
import { guestType, merge, platform, principalKind, transferMethod, trustType } from "../dist/facts.js";
import { Lru } from "../dist/lru.js";
import { TrustedHeaderReader } from "../dist/trusted-headers.js";
import type { Tables } from "../dist/tables.js";
import { open, stated } from "./support/fixture.js";

/** One by one and in this order: `Headers` would sort them. */
function readHeaders(headers: [string, string][]): HeaderReader {
  const reader = new HeaderReader();
  for (const [name, value] of headers) reader.add(name, value);
  return reader;
}

test("secrets and a client's own edgeward headers are no facts", () => {
  const headers: [string, string][] = [
    ["user-agent", "x"],
    ["cookie", "a=b"],
    ["authorization", "Bearer t"],
    ["edgeward-outcome", "allow"],
  ];
  const { facts, forged } = readHeaders(headers);
  assert.deepEqual({ facts, forged }, { facts: [["user-agent", "x"]], forged: ["edgeward-outcome"] });
});

test("a flood of headers is cut to the documented limits", () => {
  const many = Array.from({ length: 5_000 }, (_, index): [string, string] => [`x-${index}`, "v"]);
  assert.equal(readHeaders(many).facts.length, HEADER_COUNT_LIMIT);
  assert.deepEqual(readHeaders([...many, ["edgeward-risk", "none"]]).forged, ["edgeward-risk"], "however many come before");
  assert.equal(readHeaders([["user-agent", "u".repeat(1_000_000)]]).facts[0]?.[1].length, HEADER_VALUE_LIMIT);
  const large = Array.from({ length: 90 }, (_, index): [string, string] => [`x-${index}`, "v".repeat(2_000)]);
  const total = readHeaders(large).facts.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  assert.ok(total <= HEADER_TOTAL_LIMIT && total > HEADER_TOTAL_LIMIT / 2);
});

test("closed sets are those of the engine", () => {
  new Engine(); // Whatever makes the first one starts the module.
  const module = new glue.Engine('{"allowUnsigned":true}');
  module.load(open(), undefined);
  const tables = JSON.parse(module.tables()) as Tables;
  const sets = [
    [principalKind, tables.principalKinds],
    [guestType, tables.guestTypes],
    [transferMethod, tables.transferMethods],
    [trustType, tables.trustTypes],
    [platform, tables.platforms],
  ] as const;
  for (const [read, names] of sets) assert.deepEqual(names.map((name) => read(name)), names);
  assert.deepEqual(TELLING.toSorted(), [...tables.headers, "signature", "signature-agent"].toSorted());
});

test("merging lets the later source win and loses nothing of the earlier", () => {
  const merged = merge(
    { principal: { kind: "user", id: "u1" }, client: { country: "NO" } },
    { principal: { id: "u2", groups: [], kind: undefined }, client: undefined, risk: { user: "low" } },
  );
  assert.deepEqual(stated(merged), {
    principal: { kind: "user", id: "u2", groups: [] },
    client: { country: "NO" },
    risk: { user: "low" },
  });
});

test("trusted headers state the facts configured, and nothing else", () => {
  const reader = new TrustedHeaderReader({ "X-User": "principal.id", "x-groups": "principal.groups", "x-ok": "device.isCompliant" });
  const headers: Record<string, string> = { "x-user": "u1", "x-groups": "g1, g2,", "x-ok": "maybe", "x-roles": "admin" };
  assert.deepEqual(reader.read((name) => headers[name]), { principal: { kind: "user", id: "u1", groups: ["g1", "g2"] } });
  assert.deepEqual(reader.read(() => undefined), {});
  assert.throws(() => new TrustedHeaderReader({ "x-user": "principal.name" as "principal.id" }), {
    code: "invalid_option",
    path: "trustedHeaders.x-user",
  });
});

test("cf facts are what Cloudflare states, in our terms; what it does not know is unknown", () => {
  const request = new Request("https://app.example/", { headers: { "cf-connecting-ip": "203.0.113.7", "x-forwarded-for": "192.0.2.1" } });
  assert.deepEqual(stated(clientFacts(request)), {
    client: { ip: "203.0.113.7" },
    tls: {},
    transport: {},
    platformBot: {},
  });
  const cf = {
    asn: 64_500,
    country: "NO",
    latitude: "59.9",
    longitude: "10.7",
    tlsVersion: "TLSv1.3",
    colo: "OSL",
    clientTcpRtt: 12,
    botManagement: { score: 30, verifiedBot: false, ja4: "t13d" },
    tlsClientAuth: { certPresented: "1", certVerified: "FAILED:self signed certificate" },
  };
  const facts = stated(clientFacts(Object.assign(request, { cf })));
  assert.deepEqual(facts.client, { ip: "203.0.113.7", asn: 64_500, country: "NO", latitude: 59.9, longitude: 10.7 });
  assert.deepEqual(facts.tls, { version: "1.3", ja4: "t13d", clientCert: { presented: true, verified: false } });
  assert.deepEqual(facts.platformBot, { score: 30, verified: false });
  assert.deepEqual(facts.transport, { rttMs: 12, edgeLatitude: 60.2, edgeLongitude: 11.1 });
  const nowhere = stated(clientFacts(Object.assign(request, { cf: { colo: "constructor", clientQuicRtt: 9 } })));
  assert.deepEqual(nowhere.transport, { rttMs: 9 });
  assert.deepEqual(stated(clientFacts(Object.assign(request, { cf: { country: "T1" } }))).client, { ip: "203.0.113.7", proxy: "tor" });
});

test("a bounded map forgets the least recently used and the expired", () => {
  const map = new Lru<number>(2);
  map.set("a", 1, 10);
  map.set("b", 2, 10);
  map.get("a", 0);
  map.set("c", 3, 10);
  assert.deepEqual([map.get("a", 0), map.get("b", 0), map.get("c", 0)], [1, undefined, 3]);
  assert.equal(map.get("a", 10), undefined);
});
