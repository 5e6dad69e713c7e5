// Counting is somebody else's code, too: a meter that fails breaks no request.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Meter } from "edgeward";
import { protect } from "edgeward/fetch";
import { open } from "./support/fixture.js";

test("a meter that fails is reported, and nobody is refused for it", async () => {
  const fail = (): never => {
    throw new Error("no meter");
  };
  const broken = { add: fail, record: fail };
  const codes: string[] = [];
  const options = { bundle: { text: open() }, allowUnsigned: true, onProblem: ({ code }: { code: string }) => codes.push(code) };
  for (const [what, instrument] of Object.entries({ failing: broken, none: {} })) {
    const meter = { createCounter: () => instrument, createHistogram: () => instrument } as unknown as Meter;
    const host = protect(() => new Response("in"), { ...options, meter });
    assert.equal(await (await host(new Request("http://app.example/"))).text(), "in", what);
    assert.equal(host.guard.metrics.decisions.allow, 1, what);
    assert.equal(host.guard.metrics.problems["hook"], 2, "a counter and a histogram");
    assert.deepEqual(codes.splice(0), ["hook"], "reported once a minute");
    const closed = protect(() => new Response("in"), { allowUnsigned: true, meter, onProblem: options.onProblem });
    assert.equal((await closed(new Request("http://app.example/"))).status, 403, what);
    assert.deepEqual(codes.splice(0), ["hook", "no_bundle"], what);
  }
});
