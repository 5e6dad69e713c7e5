// The same with Edgeward in front, deciding by all of the policies on whole facts.
import { createWorker } from "edgeward/workers";

let next = 0;

export default createWorker((env) => {
  const facts = JSON.parse(env.FACTS);
  return {
    origin: env.ORIGIN,
    bundle: { text: env.BUNDLE },
    allowUnsigned: true,
    facts: () => facts[(next += 1) % facts.length],
  };
});
