import assert from "node:assert/strict";
import { test } from "node:test";
import { State } from "../dist/state.js";

const PAGE = {
  cursor: 3,
  revokedSessions: [{ id: "s1", revokedAt: 2_000 }],
  riskLevels: [{ kind: "user", id: "u1", level: "high" }],
};

test("a revoked session is revoked, one established later under the same id is not", () => {
  const state = new State();
  assert.ok(state.apply(PAGE));
  assert.ok(state.revoked("s1", 1_000));
  assert.ok(state.revoked("s1", undefined));
  assert.ok(!state.revoked("s1", 3_000));
  assert.ok(!state.revoked("s2", 1_000));
});

test("levels are told apart by kind, and the last one counts", () => {
  const state = new State();
  state.apply(PAGE);
  assert.equal(state.level("user", "u1"), "high");
  assert.equal(state.level("agent", "u1"), undefined);
  state.apply({ cursor: 4, revokedSessions: [], riskLevels: [{ kind: "user", id: "u1", level: "none" }] });
  assert.equal(state.level("user", "u1"), "none");
  assert.equal(state.cursor, 4);
});

test("what is not a page changes nothing", () => {
  const state = new State();
  state.apply(PAGE);
  const rubbish = [
    undefined,
    null,
    "page",
    {},
    { ...PAGE, cursor: "9" },
    { ...PAGE, cursor: 9, revokedSessions: [{ id: 1, revokedAt: 1 }] },
    { ...PAGE, cursor: 9, riskLevels: [{ kind: "user", id: "u1", level: "severe" }] },
  ];
  for (const page of rubbish) assert.equal(state.apply(page), false);
  assert.equal(state.cursor, 3);
  assert.equal(state.level("user", "u1"), "high");
});

test("a scorer whose cursor runs backwards is read from the start, and nothing is un-revoked", () => {
  const state = new State();
  state.apply(PAGE);
  state.apply({ cursor: 1, revokedSessions: [], riskLevels: [] });
  assert.equal(state.cursor, 0);
  assert.ok(state.revoked("s1", 1_000));
});
