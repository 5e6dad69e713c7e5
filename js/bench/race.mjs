// Candidates race in one process: every round runs each once, in rotated order and reversed on odd rounds, so that
// a noisy neighbour or a warm cache favours none. A candidate's figure is the median of its rounds; ratios are taken
// within a round, where the machine was the same for both. Time is processor time, so that waiting for a busy machine
// is not counted, and garbage collection is.

const ROUNDS = 15;
const ROUND_MS = 40;
/** Engines compile again what runs often, and take their time: nothing is timed before they had it. */
const WARM_UP_MS = 1_000;

/** @param {Record<string, (index: number) => unknown>} candidates @returns by name: microseconds per call, and comparisons with another */
export async function race(candidates, { rounds = ROUNDS } = {}) {
  const runners = [];
  for (const [name, call] of Object.entries(candidates)) {
    runners.push({ name, call, batch: await calibrate(call), rounds: [] });
  }
  for (let round = 0; round < rounds; round += 1) {
    const order = runners.map((_, index) => runners[(index + round) % runners.length]);
    if (round % 2 === 1) order.reverse();
    for (const runner of order) runner.rounds.push(await time(runner.call, runner.batch));
  }
  const roundsOf = (name) => runners.find((one) => one.name === name).rounds;
  return Object.fromEntries(
    runners.map(({ name, rounds }) => [
      name,
      {
        micros: median(rounds),
        ratioTo: (other) => median(rounds.map((value, round) => value / roundsOf(other)[round])),
        minus: (other) => median(rounds.map((value, round) => value - roundsOf(other)[round])),
      },
    ]),
  );
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function calibrate(call) {
  let batch = 1;
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS; ) await time(call, 1_000);
  while ((await time(call, batch)) * batch < ROUND_MS * 1000) batch *= 2;
  return batch;
}

let sink;

/** A candidate that answers with promises is waited for, call by call. */
async function time(call, batch) {
  const start = process.cpuUsage();
  sink = call(0);
  if (sink instanceof Promise) for (let index = 1; index < batch; index += 1) sink = await call(index);
  else for (let index = 1; index < batch; index += 1) sink = call(index);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / batch;
}
