// The worker under test, as a user would write it. Facts about the client come from the test.
import { factsFromHeader } from "edgeward";
import { createWorker } from "edgeward/workers";
import type { WorkerOptions } from "edgeward/workers";

interface Env {
  OPTIONS: string;
}

export default createWorker((env: Env) => ({
  ...(JSON.parse(env.OPTIONS) as WorkerOptions & { origin: string }),
  facts: factsFromHeader("x-facts"),
  debug: true,
}));
