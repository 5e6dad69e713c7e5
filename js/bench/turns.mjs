// Servers asked one request at a time over one connection each, taking turns, so that a busy machine is busy for all.

import { Agent, request as httpRequest } from "node:http";
import { requests } from "./inputs.mjs";
import { median } from "./race.mjs";

const TURNS = 40;
const PER_TURN = 50;
/** Long enough for everything to be compiled that ever will be. */
const WARM_UP = 60;

/** Facts that are allowed: what is measured is a request that reaches the application. */
export const allowedFacts = requests
  .slice(0, 200)
  .map(({ client, tls, principal, session, device, resource }) => ({
    client,
    tls,
    principal,
    session,
    device,
    resource,
    risk: { signIn: "none", user: "none" },
  }));

/**
 * Medians in microseconds, one per address, and the median ratio of each to the first. `cpu` tells how much processor
 * time a server has spent, microseconds; `spent` has then the same per request of it.
 */
export async function takeTurns(urls, cpu) {
  const agents = urls.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  const turns = urls.map(() => []);
  const costs = urls.map(() => []);
  for (let turn = -WARM_UP; turn < TURNS; turn += 1) {
    const order = urls.map((_, index) => index);
    for (const index of turn % 2 === 0 ? order : order.reverse()) {
      const times = [];
      const before = await cpu?.(index);
      for (let count = 0; count < PER_TURN; count += 1) {
        const start = performance.now();
        await get(urls[index], agents[index], (turn + WARM_UP) * PER_TURN + count);
        times.push((performance.now() - start) * 1000);
      }
      const after = await cpu?.(index);
      if (turn < 0) continue;
      turns[index].push(median(times));
      if (cpu !== undefined) costs[index].push((after - before) / PER_TURN);
    }
  }
  for (const agent of agents) agent.destroy();
  return { ...compare(turns), spent: cpu && compare(costs), each: `${TURNS} × ${PER_TURN}` };
}

function compare(turns) {
  const ratios = turns.map((values) => median(values.map((value, turn) => value / turns[0][turn])));
  return { medians: turns.map(median), ratios };
}

function get(url, agent, count) {
  const [, userAgent] = requests[count % 1_000].http.headers[0];
  return new Promise((resolve, reject) => {
    const headers = { "user-agent": userAgent, accept: "text/html", "accept-language": "en", "accept-encoding": "gzip" };
    const sent = httpRequest(`${url}/items/${count}`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
      response.resume();
      response.on("end", resolve);
    });
    sent.on("error", reject);
    sent.end();
  });
}
