// What Edgeward adds to a Fastly service: from the request at Viceroy to its answer, beside the same service without it.
// Requests alternate between the services, one at a time, so that whatever else the machine does meets both alike.
import { readFileSync, statSync } from "node:fs";
import { Agent, request } from "node:http";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { AUDIENCE, ISSUER, issue, jwks, listen, ROOT, signBundle, startService } from "../test/world.mjs";

const rounds = Number(process.env.ROUNDS ?? 400);
const warmUp = 40;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** As many policies, each for another application, and one that refuses attack tools. */
function bundleOf(count) {
  const policy = (id, conditions, control) => ({
    id, displayName: id, state: "enabled",
    conditions: { users: { includeUsers: ["All"] }, applications: { includeApplications: ["All"] }, clientAppTypes: ["all"], ...conditions },
    grantControls: { operator: "OR", builtInControls: [control] },
  });
  const others = Array.from({ length: count - 1 }, (_, index) =>
    policy(`p${index}`, { users: { includeGroups: [`g${index}`] }, applications: { includeApplications: [`app-${index % 20}`] } }, "mfa"),
  );
  return signBundle({ schema: 1, version: "1", policies: [policy("tools", { edge: { agentClasses: { include: ["attackTool"] } } }, "block"), ...others] });
}

function time(url, path, headers) {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const outgoing = request(`${url}${path}`, { agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve({ us: Number(process.hrtime.bigint() - started) / 1000, status: response.statusCode }));
    });
    outgoing.on("error", reject).end();
  });
}

const percentile = (times, share) => times.toSorted((a, b) => a - b)[Math.floor(times.length * share)];

async function race(name, contenders) {
  const times = contenders.map(() => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [index, { url, path = "/", headers, status }] of contenders.entries()) {
      const taken = await time(url, path, headers);
      if (taken.status !== status) throw new Error(`${name}: ${taken.status}, expected ${status}`);
      if (round >= 0) times[index].push(taken.us);
    }
  }
  const base = percentile(times[0], 0.5);
  console.log(`\n${name}`);
  for (const [index, { label }] of contenders.entries()) {
    const p50 = percentile(times[index], 0.5);
    console.log(`  ${label.padEnd(46)} p50 ${p50.toFixed(0).padStart(6)} µs   p95 ${percentile(times[index], 0.95).toFixed(0).padStart(6)} µs   ${(p50 / base).toFixed(2)} ×`);
  }
}

const release = join(ROOT, "target/fastly/wasm32-wasip1/release");
for (const [label, file] of [["with Edgeward", "edgeward-fastly.wasm"], ["without", "examples/bare.wasm"]]) {
  const path = join(release, file);
  console.log(`${label.padEnd(16)} ${statSync(path).size} bytes, ${gzipSync(readFileSync(path), { level: 9 }).length} gzip`);
}

const origin = await listen((_, response) => response.end("hello"));
const bundle = bundleOf(100);
const start = (module, requestsPerInstance, more = {}) => {
  const session = { issuer: ISSUER, audience: AUDIENCE, jwks };
  const settings = { requestsPerInstance, ...(module === "edgeward-fastly" ? { publicKeys: [bundle.publicKey], application: "app-1", session, ...more } : {}) };
  return startService({ module, settings, bundle, backends: { origin } });
};
const services = {};
try {
  for (const requests of [1, 100]) {
    services[`bare${requests}`] = await start("examples/bare", requests);
    services[`guarded${requests}`] = await start("edgeward-fastly", requests);
  }
  const token = { "user-agent": browser, cookie: `edgeward_session=${issue({ sub: "u1", sid: "s1", groups: ["staff"] })}` };
  const rsa = { "user-agent": browser, cookie: `edgeward_session=${issue({ sub: "u1", sid: "s1", groups: ["staff"] }, "RS256")}` };
  const anonymous = { "user-agent": browser };
  for (const [requests, what] of [[1, "a fresh instance for each request"], [100, "100 requests to an instance"]]) {
    const bare = services[`bare${requests}`].url;
    const guarded = services[`guarded${requests}`].url;
    await race(`Answered at the edge, ${what}`, [
      { label: "without Edgeward", url: bare, path: "/refused", headers: anonymous, status: 403 },
      { label: "Edgeward, 100 policies, refused", url: guarded, headers: { "user-agent": "sqlmap/1.8" }, status: 403 },
    ]);
    await race(`Passed to an origin, ${what}`, [
      { label: "without Edgeward", url: bare, headers: anonymous, status: 200 },
      { label: "Edgeward, 100 policies, anonymous", url: guarded, headers: anonymous, status: 200 },
      { label: "Edgeward, 100 policies, ES256 session verified", url: guarded, headers: token, status: 200 },
      { label: "Edgeward, 100 policies, RS256 session verified", url: guarded, headers: rsa, status: 200 },
    ]);
  }
} finally {
  agent.destroy();
  for (const service of Object.values(services)) await service.stop();
  await origin.stop();
}
