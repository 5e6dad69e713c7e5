// Starts the demo: scorer, identity provider, application, worker and page; replays the demo's requests through the
// worker; stays up until Ctrl-C. With ONCE=1 it ends after the replay, and fails if a verdict is not the documented one.
import { replay } from "../demo/replay.mjs";
import { startWorld } from "../demo/world.mjs";
import { bold, dim, red, replayLine, step } from "./terminal.mjs";

const once = process.env.ONCE === "1";
const stops = [];
let stopping;

/** Stops what was started, the last first. Whoever is impatient and asks twice waits for the same end. */
const stopAll = () =>
  (stopping ??= (async () => {
    for (const stop of stops.reverse()) await stop().catch((error) => console.error(red(`  ${error.message}`)));
  })());

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, async () => {
    console.log(`\n${bold("Stopping")}`);
    await stopAll();
    process.exit(once ? 130 : 0);
  });
}

async function main() {
  console.log(bold("Starting"));
  const world = await startWorld({
    step,
    onStart: (stop) => stops.push(stop),
    busy: (port, name) => console.log(dim(`  Port ${port} is in use; ${name} takes another.`)),
  });

  console.log(`\n${bold("Requests through the worker")} ${dim("· verdict · why · was the scorer asked · time")}`);
  const outcomes = await replay(world, (outcome) => console.log(replayLine(outcome)));
  const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0);
  const benign = outcomes.filter((outcome) => outcome.step.benign);
  const asked = benign.filter((outcome) => outcome.asked);
  const share = ((100 * asked.length) / benign.length).toFixed(0);
  console.log(
    `\n  ${outcomes.length} requests, ${outcomes.length - wrong.length} as documented${wrong.length ? red(`, ${wrong.length} not`) : ""}.`,
  );
  console.log(
    `  ${benign.length} of them benign; the scorer was needed for ${asked.length} of those (${share} %), all others were decided at the edge.`,
  );

  if (once) {
    await stopAll();
    process.exitCode = wrong.length > 0 ? 1 : 0;
    return;
  }
  console.log(`\n${bold("Up")}
  Demo page           ${world.page}
  Protected app       ${world.worker}   try /app, /finance, /admin
  Sign-in             ${world.idp}
  Scorer              ${world.scorerOrigin}
  ${dim(`Logs in ${world.directory}. Ctrl-C stops everything.`)}`);
}

main().catch(async (error) => {
  console.error(`\n${red(error.message)}`);
  await stopAll();
  process.exit(1);
});
