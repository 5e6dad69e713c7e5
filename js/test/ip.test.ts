import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import { format, isV4, parse, Range } from "../dist/adapters/ip.js";

const ADDRESSES = [
  "0.0.0.0", "10.0.0.1", "203.0.113.7", "255.255.255.255", "::", "::1", "2001:db8::7", "2001:DB8:0:0:1:0:0:1",
  "fe80::1%eth0", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:7:8", "1::8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
];
const NONE = [
  "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "-1.2.3.4", "1.2.3.+4", ":", ":::", "1::2::3", "g::1",
  "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "::1.2.3", "1.2.3.4::", "localhost", "2001:db8::7]",
];

test("reads what Node takes for an address, and nothing else", () => {
  for (const text of ADDRESSES) {
    assert.notEqual(isIP(text), 0, text);
    assert.notEqual(parse(text), undefined, text);
  }
  for (const text of NONE) {
    assert.equal(isIP(text), 0, text);
    assert.equal(parse(text), undefined, text);
  }
});

test("writes what it reads in one way, and reads it back", () => {
  assert.equal(format(parse("2001:DB8:0:0:1:0:0:1") ?? []), "2001:db8::1:0:0:1");
  for (const [text, written] of [["::", "::"], ["::1", "::1"], ["1::", "1::"], ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"]]) {
    assert.equal(format(parse(text ?? "") ?? []), written);
  }
  for (const text of ADDRESSES) assert.deepEqual(parse(format(parse(text) ?? [])), parse(text), text);
  assert.equal(format(parse("::ffff:203.0.113.7") ?? []), "203.0.113.7");
});

test("ranges hold the addresses that Node's own do", () => {
  const ranges = ["10.0.0.0/8", "203.0.113.0/29", "0.0.0.0/0", "192.0.2.1/32", "2001:db8::/33", "::/0", "fe80::/10"];
  for (const range of ranges) {
    const list = new BlockList();
    const [ip = "", bits] = range.split("/");
    list.addSubnet(ip, Number(bits), isIP(ip) === 6 ? "ipv6" : "ipv4");
    for (const text of [...ADDRESSES, "203.0.113.8", "2001:db8:8000::", "2001:db8:7fff::", "192.0.2.1"]) {
      const bare = text.replace(/%.*/, "");
      const address = parse(bare) ?? [];
      const expected = list.check(bare, isV4(address) ? "ipv4" : "ipv6");
      assert.equal(Range.parse(range)?.contains(address), expected, `${range} ${text}`);
    }
  }
  for (const text of ["10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/8/8", "::/129", "10.0.0.0/-1", "10/8", "10.0.0.0/"]) {
    assert.equal(Range.parse(text), undefined, text);
  }
});
