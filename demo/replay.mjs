// Sends the demo's requests through the worker, as the people and programs in them would, and compares each verdict
// with the documented one.
import { request as httpRequest } from "node:http";
import { accountOf, clients, placeFacts, sessionClaims, steps } from "./steps.mjs";

/**
 * Runs every step. `world` knows how to reach the worker, mint sessions, and make the scorer fail; `told(outcome)` is
 * called after each step. Answers the outcomes.
 */
export async function replay(world, told) {
  const outcomes = [];
  for (const step of steps) {
    await world.scorer(step.scorer ?? "up");
    const outcome = compare(step, await send(step, world));
    outcomes.push(outcome);
    told(outcome);
  }
  await world.scorer("up");
  return outcomes;
}

async function send(step, world) {
  const headers = {
    ...clients[step.client],
    "edgeward-demo-secret": world.secret,
    "edgeward-demo-facts": JSON.stringify(placeFacts(step)),
  };
  const account = accountOf(step);
  if (step.after === "learned") await world.learned(account);
  if (account && step.session) {
    const token = await world.session(account, sessionClaims(step, world.agentKey), step.token);
    if (account.kind === "user") headers.cookie = `edgeward_session=${token}`;
    else headers.authorization = `Bearer ${token}`;
  }
  const started = performance.now();
  const response = await get(world.worker, step, headers);
  return { ...response, milliseconds: performance.now() - started };
}

/** node:http, because `fetch` adds headers of its own: a client without a user agent must stay without one. */
function get(origin, { method = "GET", path }, headers) {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(path, origin),
      { method, headers, timeout: 10_000, agent: false },
      (response) => {
        response.resume();
        response.on("end", () => {
          const debug = response.headers["edgeward-debug"];
          resolve({
            status: response.statusCode,
            location: response.headers.location,
            decision: debug ? JSON.parse(decodeURIComponent(debug)) : null,
          });
        });
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.on("error", reject);
    request.end();
  });
}

/** What came back beside what should have; `wrong` lists the differences. */
function compare(step, { status, decision, milliseconds }) {
  const { outcome, controls = [], asked } = step.expect;
  if (!decision)
    return {
      step,
      status,
      milliseconds,
      decision: null,
      asked: false,
      wrong: [`no decision: the worker answered ${status}`],
    };
  const reached = status < 300 || status === 404;
  const wrong = [];
  const differs = (what, found, expected) =>
    found !== expected && wrong.push(`${what} is ${found}, expected ${expected}`);
  differs("the verdict", decision.outcome, outcome);
  if (outcome === "challenge") differs("what is asked for", decision.controls.join("+"), controls.join("+"));
  differs("asking the scorer", decision.asked.length > 0, asked);
  // The verdict is nothing if the request goes through all the same.
  differs("reaching the application", reached, outcome === "allow");
  return { step, status, milliseconds, decision, asked: decision.asked.length > 0, wrong };
}
