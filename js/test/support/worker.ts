// The worker under test, as a user would write it. Facts about the client come from the test.
import { factsFromHeader } from "edgeward";
import { createWorker } from "edgeward/workers";
import type { VelocityNamespace, WorkerOptions } from "edgeward/workers";

export { VelocityCounter } from "edgeward/workers";

interface Env {
  OPTIONS: string;
  VELOCITY?: VelocityNamespace;
}

export default createWorker((env: Env) => ({
  ...(JSON.parse(env.OPTIONS) as WorkerOptions & { origin: string }),
  facts: factsFromHeader("x-facts"),
  debug: true,
  velocity: env.VELOCITY,
}));
