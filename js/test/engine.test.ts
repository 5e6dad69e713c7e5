import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { createIdentifierKey, type Decision, Engine } from "edgeward";
import { glue } from "#engine";
import { bundle, CALM, CHROME, source } from "./support/fixture.js";

const REQUEST = { ...CALM, time: 1_790_000_100_000, http: { path: "/", headers: [["user-agent", CHROME]] } } as const;

function loaded(options: ConstructorParameters<typeof Engine>[0] = {}): Engine {
  const engine = new Engine({ allowUnsigned: true, ...options });
  engine.load(bundle());
  return engine;
}

/** All of a decision: its members are getters, which a comparison of two objects does not look at. */
function all(decision: Decision): string {
  return JSON.stringify(decision);
}

/** Makes the next `times` calls of a module method trap as a fault inside the module does. */
function trap(method: "evaluatePacked" | "load", times: number): () => void {
  const original = Object.getOwnPropertyDescriptor(glue.Engine.prototype, method);
  let left = times;
  const trapped = function (this: glue.Engine, ...parameters: unknown[]): unknown {
    if (left > 0) {
      left -= 1;
      throw new WebAssembly.RuntimeError("unreachable");
    }
    return (original?.value as (...all: unknown[]) => unknown).apply(this, parameters);
  };
  Object.defineProperty(glue.Engine.prototype, method, { ...original, value: trapped });
  return () => Object.defineProperty(glue.Engine.prototype, method, original ?? {});
}

test("a trap costs the request nothing: the engine is rebuilt with its bundle and asked again", () => {
  const engine = loaded();
  const expected = all(engine.evaluate(REQUEST));
  const restore = trap("evaluatePacked", 1);
  try {
    assert.equal(all(engine.evaluate(REQUEST)), expected);
    assert.equal(engine.traps, 1);
  } finally {
    restore();
  }
  assert.equal(all(engine.evaluate(REQUEST)), expected);
});

test("an input that traps twice is an error, and the next one is decided", () => {
  const engine = loaded();
  const restore = trap("evaluatePacked", 2);
  try {
    assert.throws(() => engine.evaluate(REQUEST), { code: "engine_trap" });
    assert.equal(engine.traps, 2);
    assert.equal(engine.evaluate(REQUEST).outcome, "allow");
  } finally {
    restore();
  }
});

test("a bundle that can not be loaded again just then is loaded by the next call", () => {
  const engine = loaded();
  const restore = [trap("evaluatePacked", 1), trap("load", 1)];
  try {
    assert.throws(() => engine.evaluate(REQUEST), { code: "engine_trap" });
    assert.equal(engine.evaluate(REQUEST).outcome, "allow");
  } finally {
    for (const one of restore.reverse()) one();
  }
});

test("one engine's trap does not cost another its bundle", () => {
  const [one, other] = [loaded(), loaded()];
  const restore = trap("evaluatePacked", 1);
  try {
    one.evaluate(REQUEST);
    assert.equal(other.evaluate(REQUEST).outcome, "allow");
    assert.equal(other.traps, 0);
  } finally {
    restore();
  }
});

test("a fault inside the real module is survived too", () => {
  const engine = loaded();
  const expected = all(engine.evaluate(REQUEST));
  // A pointer nobody handed out: the call reads outside the module's memory.
  const original = glue.Engine.prototype.evaluatePacked;
  let broken = true;
  glue.Engine.prototype.evaluatePacked = function (this: glue.Engine, ...lengths: [number, number, number]) {
    if (!broken) return original.call(this, ...lengths);
    broken = false;
    const nowhere = Object.assign(Object.create(glue.Engine.prototype) as glue.Engine, { __wbg_ptr: 0xffff_fff0 });
    return original.call(nowhere, ...lengths);
  };
  try {
    assert.equal(all(engine.evaluate(REQUEST)), expected);
    assert.equal(engine.traps, 1);
  } finally {
    glue.Engine.prototype.evaluatePacked = original;
  }
});

test("a refused bundle leaves the last good one at work, also after a trap", () => {
  const engine = loaded();
  assert.throws(() => engine.load("{"), { code: "invalid_json" });
  assert.throws(() => engine.load(bundle("0")), { code: "older_bundle" });
  const restore = trap("evaluatePacked", 1);
  try {
    assert.equal(engine.evaluate(REQUEST).versions.bundle, "1");
  } finally {
    restore();
  }
});

test("failures name what is wrong", () => {
  const engine = new Engine({ allowUnsigned: true });
  assert.throws(() => engine.evaluate(REQUEST), { name: "EdgewardError", code: "no_bundle" });
  assert.throws(() => new Engine({ identifierKey: "zz" }), { code: "invalid_option" });
  assert.throws(() => engine.load(JSON.stringify(source())), { code: "bundle_not_compiled" });
});

test("identifiers are hashed with a key of the host's own randomness", () => {
  const key = createIdentifierKey();
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.notEqual(key, createIdentifierKey());
  const engine = new Engine({ identifierKey: key });
  assert.match(engine.identifier("principal", "u1"), /^[0-9a-f]{32}$/);
  assert.notEqual(engine.identifier("session", "u1"), engine.identifier("principal", "u1"));
  assert.equal(new Engine().identifier("principal", "u1"), "u1");
});

test("Node reads the module from its file", () => {
  assert.match(createRequire(new URL("../dist/index.js", import.meta.url)).resolve("#engine"), /\/entry\/node\.js$/);
});
