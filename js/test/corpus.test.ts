// The decisions that the native engine recorded: the module must write the same bytes, in Node and in workerd.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startWorker } from "../scripts/workerd.mjs";
import { decideAll } from "./support/corpus.js";
import { exchange, ROOT } from "./support/fixture.js";

const [bundle = "", cases = "", recorded = ""] = ["bundle.json", "cases.jsonl", "decisions.jsonl"].map((file) =>
  readFileSync(`${ROOT}tests/corpus/decisions/${file}`, "utf8"),
);

function compare(decided: string): void {
  const [now, then, names] = [decided, recorded, cases].map((text) => text.trimEnd().split("\n"));
  for (const [index, line] of (names ?? []).entries()) {
    assert.equal(now?.[index], then?.[index], (JSON.parse(line) as { name: string }).name);
  }
  assert.equal(now?.length, then?.length);
}

test("Node decides byte for byte as the native engine does", () => compare(decideAll(bundle, cases)));

test("workerd decides byte for byte as the native engine does", async () => {
  const entry = fileURLToPath(new URL("support/corpus-worker.js", import.meta.url));
  const worker = await startWorker({ entry });
  try {
    const reply = await exchange(worker.url, {}, { method: "POST", body: JSON.stringify({ bundle, cases }) });
    compare(reply.body);
  } finally {
    await worker.stop();
  }
});
