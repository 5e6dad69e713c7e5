import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ScorerClient } from "../dist/scorer.js";
import type { ScorerProblem } from "../dist/scorer.js";
import type { Assessment, Receipt } from "../dist/types.js";

const NOW = 1_790_000_000_000;

function assessment(needs: string[], about: Record<string, unknown> = { principal: "p1", time: NOW }): Assessment {
  return { schema: 1, needs, about, bundleVersion: "1" };
}

function client(fetch: (request: Request) => Promise<Response>, timeoutMs = 50) {
  const problems: ScorerProblem[] = [];
  const scorer = new ScorerClient({ url: "http://scorer.example/", token: "t", timeoutMs, fetch }, (problem) =>
    problems.push(problem),
  );
  return { scorer, problems };
}

// A real connection keeps the process alive while it waits; these stand-ins need a timer to.
const alive = setInterval(() => undefined, 1_000);
after(() => clearInterval(alive));

function hang(request: Request): Promise<Response> {
  return new Promise((_, reject) => {
    request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
  });
}

function stallInTheBody(request: Request): Promise<Response> {
  const body = new ReadableStream({
    start: (controller) => request.signal.addEventListener("abort", () => controller.error(request.signal.reason)),
  });
  return Promise.resolve(new Response(body));
}

const redirect = new Response(null, { status: 302, headers: { location: "http://elsewhere.example" } });

test("asks with the token, and reuses an answer while it is fresh and covers what is asked", async () => {
  const asked: unknown[] = [];
  const { scorer } = client(async (request) => {
    assert.equal(request.headers.get("authorization"), "Bearer t");
    assert.equal(request.url, "http://scorer.example/v1/assess");
    asked.push(((await request.json()) as Assessment).needs);
    return Response.json({ facts: { userRisk: "low" }, ttlSeconds: 60 });
  });
  const first = await scorer.assess(assessment(["userRisk", "signInRisk"]), NOW);
  assert.deepEqual(first?.facts, { userRisk: "low" });
  await scorer.assess(assessment(["userRisk"], { principal: "p1", time: NOW + 5 }), NOW + 5_000);
  assert.equal(asked.length, 1, "same principal, fewer needs: reused");
  await scorer.assess(assessment(["principal.groups"]), NOW + 5_000);
  await scorer.assess(assessment(["userRisk"], { principal: "p2" }), NOW + 5_000);
  await scorer.assess(assessment(["userRisk"], { principal: "p1", country: "NO" }), NOW + 5_000);
  await scorer.assess(assessment(["userRisk", "signInRisk"]), NOW + 61_000);
  assert.deepEqual(asked.length, 5);
  assert.equal(scorer.metrics.reused, 1);
});

test("every way to fail is no answer, counted by cause, and never thrown", async () => {
  const cases: [ScorerProblem, (request: Request) => Promise<Response>][] = [
    ["timeout", hang],
    ["timeout", stallInTheBody],
    ["unreachable", () => Promise.reject(new TypeError("connection refused"))],
    ["refused", () => Promise.resolve(new Response("no", { status: 401 }))],
    ["refused", () => Promise.resolve(new Response("no", { status: 503 }))],
    ["refused", () => Promise.resolve(redirect)],
    ["rejected", () => Promise.resolve(new Response("no", { status: 400 }))],
    ["garbage", () => Promise.resolve(new Response("<html>"))],
    ["garbage", () => Promise.resolve(Response.json(null))],
    ["garbage", () => Promise.resolve(Response.json({ facts: { userRisk: "low" } }))],
    ["garbage", () => Promise.resolve(Response.json({ facts: [], ttlSeconds: -1 }))],
    ["garbage", () => Promise.resolve(new Response(`"${"x".repeat(300_000)}"`))],
  ];
  for (const [problem, fetch] of cases) {
    const { scorer, problems } = client(fetch);
    assert.equal(await scorer.assess(assessment(["userRisk"]), NOW), undefined);
    assert.deepEqual(problems, [problem]);
    assert.equal(scorer.metrics.problems[problem], 1);
  }
});

test("receipts go in batches; what fails is sent again and the oldest give way", async () => {
  const sizes: number[] = [];
  let up = false;
  const { scorer } = client(async (request) => {
    if (!up) throw new TypeError("down");
    sizes.push(((await request.json()) as { receipts: unknown[] }).receipts.length);
    return Response.json({ accepted: 1, duplicates: 0 }, { status: 202 });
  });
  for (let index = 0; index < 2_100; index += 1) scorer.record({ digest: String(index) } as Receipt);
  assert.equal(scorer.pending, 2_000);
  assert.equal(scorer.metrics.receiptsDropped, 100);
  await scorer.flush();
  assert.equal(scorer.pending, 2_000, "kept while the scorer is down");
  up = true;
  await scorer.flush();
  assert.equal(scorer.pending, 0);
  assert.ok(sizes.every((size) => size === 100));
  assert.equal(scorer.metrics.receiptsSent, 2_000);
});

test("receipts the scorer finds at fault are dropped, and the next ones go on", async () => {
  const { scorer } = client(async (request) => {
    const { receipts } = (await request.json()) as { receipts: Receipt[] };
    return new Response(null, { status: receipts.some(({ digest }) => digest === "bad") ? 400 : 202 });
  });
  scorer.record({ digest: "bad" } as Receipt);
  await scorer.flush();
  assert.deepEqual([scorer.pending, scorer.metrics.receiptsDropped], [0, 1]);
  scorer.record({ digest: "good" } as Receipt);
  await scorer.flush();
  assert.equal(scorer.metrics.receiptsSent, 1);
});

test("a bundle comes with its signature and is fetched again only when it changed", async () => {
  const signature = { keyId: "k", algorithm: "Ed25519", signature: "AA==" };
  const { scorer } = client((request) =>
    Promise.resolve(
      request.headers.get("if-none-match") === '"7"'
        ? new Response(null, { status: 304 })
        : new Response("{}", { headers: { etag: '"7"', "edgeward-signature": JSON.stringify(signature) } }),
    ),
  );
  assert.deepEqual(await scorer.bundle(undefined), { text: "{}", etag: '"7"', signature });
  assert.equal(await scorer.bundle('"7"'), undefined);
});

test("a scorer without address or token is refused at start", () => {
  const ignore = (): void => undefined;
  assert.throws(() => new ScorerClient({ url: "scorer", token: "t" }, ignore), { path: "scorer.url" });
  assert.throws(() => new ScorerClient({ url: "http://scorer.example", token: "" }, ignore), { path: "scorer.token" });
});
