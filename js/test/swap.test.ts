// Another bundle takes over while a request is under way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Guard } from "edgeward";
import { compile } from "edgeward/compiler";
import { glue } from "#engine";
import type { HostRequest, Request as Facts } from "edgeward";
import { bundle, CALM, CHROME, policy, source } from "./support/fixture.js";
import { eventually } from "./support/servers.js";

const later = (policies: unknown[]): string => compile(JSON.stringify({ schema: 1, version: "2", policies })).bundle;

function request(facts: Facts): HostRequest<undefined> {
  const http = { method: "GET", path: "/", headers: [["user-agent", CHROME]] } as const;
  return { native: undefined, method: "GET", url: "https://app.example/", header: () => undefined, trustsPeer: false, facts: { http, ...facts } };
}

/** A guard whose scorer answers questions with `answer`, and what that is asked and told. */
function guarded(answer: () => Record<string, unknown>) {
  const [asked, receipts]: [string[][], Record<string, unknown>[]] = [[], []];
  const fetch = async (sent: Request): Promise<Response> => {
    const { pathname } = new URL(sent.url);
    const body = sent.method === "POST" ? ((await sent.json()) as { needs: string[]; receipts: Record<string, unknown>[] }) : undefined;
    if (pathname === "/v1/receipts") receipts.push(...(body?.receipts ?? []));
    if (pathname !== "/v1/assess") return Response.json({ cursor: 0, revokedSessions: [], riskLevels: [] }, { status: 202 });
    asked.push(body?.needs ?? []);
    return Response.json({ facts: answer(), ttlSeconds: 0 });
  };
  const scorer = { url: "http://scorer.example", token: "t", fetch };
  const guard = new Guard<undefined>({ bundle: { text: bundle() }, allowUnsigned: true, onProblem: () => undefined, scorer });
  return { guard, asked, receipts };
}

test("a receipt is of the decision that was made", async () => {
  const { guard, receipts } = guarded(() => ({}));
  const { record, after } = await guard.judge(request(CALM));
  assert.equal(record?.decision.outcome, "allow");
  guard.engine.load(later([policy("block-all", { users: ["All"] }, "block")]));
  await after?.({ succeeded: true, principal: undefined });
  await eventually(() => receipts.length > 0, "the receipt arrives");
  const [{ outcome, versions, supportCode } = {}] = receipts as { outcome?: string; versions?: { bundle: string }; supportCode?: string }[];
  assert.deepEqual([outcome, versions?.bundle, supportCode], ["allow", "1", record?.decision.supportCode]);
  assert.equal(receipts.length, 1);
});

test("receipts whose responses nobody tells of are sent without them, the oldest first", async () => {
  const { guard, receipts } = guarded(() => ({}));
  const open = Array.from({ length: 1_001 }, () => guard.judge(request(CALM)));
  const [first] = await Promise.all(open);
  await (await guard.judge(request(CALM))).after?.();
  await eventually(() => receipts.length > 2, "those that are too many arrive");
  assert.equal(receipts[0]?.["supportCode"], first?.record?.decision.supportCode);
});

test("what only a model that is not relied on leaves open is asked for", async () => {
  const { guard, asked } = guarded(() => (guard.engine.setFailSafe(true), { userRisk: "none", signInRisk: "none" }));
  const risky = policy("block-risky", { users: ["All"], signInRiskLevels: ["medium", "high"] }, "block");
  guard.engine.load(later([...source().policies, risky]));
  const { risk: _, ...unrated } = CALM;
  const profile = { count: 9, asns: [64_500], countries: ["NO"] };
  const { record } = await guard.judge(request({ ...unrated, profile }));
  assert.deepEqual(asked, [["userRisk"], ["userRisk", "signInRisk"].toSorted()]);
  assert.equal(record?.decision.outcome, "allow");
});

test("what only the new bundle needs is asked for, not settled as in an outage", async () => {
  const grouped = policy("block-group", { users: { includeGroups: ["g1"] } }, "block");
  const { guard, asked } = guarded(() => {
    if (guard.engine.bundle?.version === "1") guard.engine.load(later([grouped]));
    return { userRisk: "none", "principal.groups": ["g1"] };
  });
  const { risk: _, ...unrated } = CALM;
  const facts = { ...unrated, principal: { kind: "user", id: "u1" } } as const;
  const { record } = await guard.judge(request(facts));
  assert.deepEqual(asked, [["userRisk"], ["principal.groups"]]);
  assert.deepEqual([record?.decision.outcome, record?.decision.versions.bundle, record?.outage], ["block", "2", false]);
});

for (const [what, answered] of [["over the scorer's answer", true], ["while there is none", false]] as const) {
  test(`a trap ${what} is no fault of the scorer's, and the client's own words are left out`, async () => {
    const { guard, asked } = guarded(() => (answered ? { userRisk: "none", signInRisk: "none" } : assert.fail("away")));
    const { resumePacked } = glue.Engine.prototype;
    let calls = 0;
    glue.Engine.prototype.resumePacked = function (...given: [number, number, number, string?]) {
      calls += 1;
      if (calls <= 2) throw new WebAssembly.RuntimeError("unreachable");
      return resumePacked.apply(this, given);
    };
    const { risk: _, ...unrated } = CALM;
    try {
      const { record } = await guard.judge(request(unrated));
      assert.deepEqual([asked.length, calls, record?.outage], [1, 3, true]);
      assert.equal(guard.metrics.scorer?.problems["garbage"] ?? 0, 0);
    } finally {
      glue.Engine.prototype.resumePacked = resumePacked;
    }
  });
}
