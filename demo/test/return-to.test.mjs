import assert from "node:assert/strict";
import { test } from "node:test";
import { safeReturn } from "../return-to.mjs";

const origins = ["http://127.0.0.1:8787"];

test("a person goes back to an address of the application", () => {
  assert.equal(safeReturn("http://127.0.0.1:8787/app?x=1#y", origins), "http://127.0.0.1:8787/app?x=1#y");
});

for (const address of [
  "http://evil.example/",
  "http://127.0.0.1:8787@evil.example/",
  "http://127.0.0.1:8787.evil.example/",
  "http://user:secret@127.0.0.1:8787/",
  "https://127.0.0.1:8787/",
  "http://127.0.0.1:8786/",
  "//evil.example/",
  "\\\\evil.example\\",
  "/app",
  "javascript:alert(1)",
  "data:text/html,hello",
  "",
  "http://",
]) {
  test(`and nowhere else: ${address || "nothing"}`, () => assert.equal(safeReturn(address, origins), null));
}
