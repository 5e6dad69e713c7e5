// The decisions that the native engine recorded: the module must write the same bytes, in Node and in workerd.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startWorker } from "../scripts/workerd.mjs";
import { Engine, type Request } from "edgeward";
import { compile } from "edgeward/compiler";
import { decideAll } from "./support/corpus.js";
import { exchange, ROOT } from "./support/fixture.js";

const read = (file: string): string => readFileSync(`${ROOT}tests/corpus/${file}`, "utf8");
const corpora = [
  ["decisions/bundle.json", "decisions/cases.jsonl", "decisions/decisions.jsonl"],
  ["bins/standard.json", "bins/cases.jsonl", "bins/standard.jsonl"],
  ["bins/hardened.json", "bins/cases.jsonl", "bins/hardened.jsonl"],
].map(([source = "", cases = "", recorded = ""]) => ({
  bundle: compile(read(source)).bundle,
  cases: read(cases),
  recorded: read(recorded),
}));

function compare(decided: string, { cases, recorded }: { cases: string; recorded: string }): void {
  const [now, then, names] = [decided, recorded, cases].map((text) => text.trimEnd().split("\n"));
  for (const [index, line] of (names ?? []).entries()) {
    assert.equal(now?.[index], then?.[index], (JSON.parse(line) as { name: string }).name);
  }
  assert.equal(now?.length, then?.length);
}

test("Node decides byte for byte as the native engine does", () => {
  for (const corpus of corpora) compare(decideAll(corpus.bundle, corpus.cases), corpus);
});

test("workerd decides byte for byte as the native engine does", async () => {
  const entry = fileURLToPath(new URL("support/corpus-worker.js", import.meta.url));
  const worker = await startWorker({ entry });
  try {
    for (const corpus of corpora) {
      const { bundle, cases } = corpus;
      const reply = await exchange(worker.url, {}, { method: "POST", body: JSON.stringify({ bundle, cases }) });
      compare(reply.body, corpus);
    }
  } finally {
    await worker.stop();
  }
});

test("the fast crossing and the JSON one give equal decisions, also for what only JSON can carry", () => {
  const requests = corpora.flatMap(({ cases }) =>
    cases
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { request: Request }).request),
  );
  const odd: Request[] = [
    { http: { headers: [["user-agent", "Ünïcode/1.0 🤖"]] } },
    { client: { ip: "::ffff:203.0.113.7", latitude: 59, longitude: -10.5, asn: Number.NaN } },
    { http: { headers: [["User-Agent", "curl/8.0"], ["accept", "ünused"], ["sec-ch-ua", ""], ["user-agent", "GPTBot/1.0"]] } },
    { http: { headers: [["user-agent", "\uFEFFlone surrogate-less \u{10FFFF}/2.0"]], path: "/ä/🤖" }, principal: { id: "ü" } },
    { device: { isCompliant: true, cookie: "forked" }, client: { proxy: "teleporter" as "vpn" } },
    { device: { isCompliant: true, manufacturer: "Example" }, profile: { asns: [64500] } },
    { principal: { kind: "user", id: "u", groups: Array.from({ length: 3_000 }, (_, index) => `g${index}`) } },
    { http: { path: "/".repeat(40_000) } },
  ];
  for (const { bundle } of corpora) {
    const engine = new Engine({ allowUnsigned: true });
    engine.load(bundle);
    for (const request of [...requests, ...odd]) {
      const packed = engine.evaluate(request);
      assert.equal(JSON.stringify(packed), JSON.stringify(engine.evaluateAsJson(request)));
    }
  }
});

test("what is malformed is refused alike whichever way it crosses", () => {
  const engine = new Engine({ allowUnsigned: true });
  engine.load(corpora[0]?.bundle ?? "");
  const surrogate = { http: { headers: [["user-agent", "\uD800"]] } };
  for (const request of [surrogate, { client: 5 }, { http: [] }, { principal: { groups: [null] } }, { client: { asn: "x" } }, { client: { ip: "1.2.3" } }, { client: { latitude: 181 } }, { time: 0.5 }]) {
    assert.throws(() => engine.evaluate(request as unknown as Request), { code: "invalid_json" });
  }
});
