// Everything the demo consists of, started and wired together.
import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { prepareWorker, program as workerdProgram } from "../js/scripts/workerd.mjs";
import { Companion, freePort } from "../scripts/processes.mjs";
import { handler as pageHandler } from "../www/serve.mjs";
import { agentKey } from "./agent-key.mjs";
import { edgewardPackage } from "./edgeward-package.mjs";
import { serve } from "./http.mjs";
import { createIdentityProvider } from "./idp.mjs";
import { createOrigin } from "./origin.mjs";
import { importEdgeward } from "./packages.mjs";
import { directory as people, places, policyFiles } from "./steps.mjs";
import { createIssuer } from "./tokens.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const program = (name) => join(root, "target", "debug", name);
const audience = "edgeward-demo";
const ports = { worker: 8787, origin: 8788, idp: 8789, scorer: 8790, page: 8791 };
const stateIntervalMs = 500;
const probe = { headers: { "user-agent": "edgeward-demo-probe" } };
const secret = () => randomBytes(32).toString("hex");

/**
 * Starts it all. `step(title, work)` tells what is done, `onStart(stop)` is given what stops each part, `busy(port,
 * name)` is told of ports in use. `directory` is emptied first and takes keys, logs and the scorer's database.
 */
export async function startWorld({ step, onStart, busy, directory = join(root, "target", "run") }) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const at = (name) => join(directory, name);
  const secrets = { scorerToken: secret(), origin: secret(), demo: secret(), identifierKey: secret() };

  const bundle = await step("Signing the policies", () => signBundle(at));
  const edge = await engineFor(secrets);

  const provider = await createIdentityProvider({
    directory: structuredClone(people),
    audience,
    binding: (request) => ({ asn: places.home.asn, country: places.home.country, agent: agentKey(request.headers) }),
    onChange: (account) =>
      call(
        "PUT",
        `/v1/identities/${edge.identifier("principal", account.id)}`,
        identity(account, (id) => edge.identifier("device", id)),
      ),
  });
  const local = async (name, handler) => {
    const started = await serve(handler, await freePort(ports[name], (port) => busy(port, name)));
    onStart(
      () =>
        new Promise((resolve) => {
          started.server.close(resolve);
          started.server.closeAllConnections();
        }),
    );
    return started.origin;
  };
  const idp = (provider.origin = await local("idp", provider.handler));
  const workerPort = await freePort(ports.worker, (port) => busy(port, "worker"));
  const worker = `http://127.0.0.1:${workerPort}`;
  provider.returnOrigins.push(worker);
  const signIn = (path) => `${idp}/sign-in?${new URLSearchParams({ return_to: worker + path })}`;
  const { verifyResult } = await importEdgeward();
  const genuine = ({ method, url, headers }) =>
    verifyResult({ method, url, headers: Object.entries(headers) }, secrets.origin);
  const origin = await local("origin", createOrigin({ signIn, genuine }));
  const page = await local("page", pageHandler);

  const scorerPort = await freePort(ports.scorer, (port) => busy(port, "scorer"));
  const scorerOrigin = `http://127.0.0.1:${scorerPort}`;
  writeFileSync(
    at("directory.json"),
    JSON.stringify({
      identities: Object.fromEntries(people.accounts.map((account) => [account.id, identity(account)])),
    }),
  );
  let scorer;
  const startScorer = async () => {
    scorer = new Companion(
      "the scorer",
      program("edgeward-scorer"),
      [
        "--listen",
        `127.0.0.1:${scorerPort}`,
        "--database",
        at("scorer.db"),
        "--directory",
        at("directory.json"),
        "--bundle",
        bundle.path,
        "--signature",
        `${bundle.path}.sig`,
        "--public-key",
        bundle.publicKeyPath,
      ],
      {
        env: { EDGEWARD_SCORER_TOKEN: secrets.scorerToken, EDGEWARD_SCORER_IDENTIFIER_KEY: secrets.identifierKey },
        log: at("scorer.log"),
      },
    );
    await scorer.ready(async () => (await fetch(`${scorerOrigin}/healthz`)).ok);
  };
  await step("Starting the scorer", startScorer);
  onStart(() => scorer.stop());
  const call = async (method, path, body) => {
    const response = await fetch(scorerOrigin + path, {
      method,
      headers: { authorization: `Bearer ${secrets.scorerToken}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`The scorer answered ${response.status} to ${method} ${path}: ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };

  await step("Starting the worker in workerd", async () => {
    const config = await prepareWorker({
      entry: fileURLToPath(new URL("worker.ts", import.meta.url)),
      plugins: [edgewardPackage],
      directory,
      address: `127.0.0.1:${workerPort}`,
      bindings: {
        ORIGIN: origin,
        ORIGIN_SECRET: secrets.origin,
        SCORER: scorerOrigin,
        SCORER_TOKEN: secrets.scorerToken,
        BUNDLE_KEY: bundle.publicKey,
        IDENTIFIER_KEY: secrets.identifierKey,
        ISSUER: idp,
        AUDIENCE: audience,
        STATE_INTERVAL_MS: String(stateIntervalMs),
        DEMO_SECRET: secrets.demo,
        DEMO_PLACE: JSON.stringify({ client: places.home }),
      },
    });
    const workerd = new Companion("workerd", workerdProgram, ["serve", config], { log: at("workerd.log") });
    onStart(() => workerd.stop());
    await workerd.ready(async () => (await fetch(worker, probe)).ok);
  });

  /** Waits until the scorer's state says what `holds` looks for, and the worker has had a look at it. */
  const hears = async (holds) => {
    for (let tries = 0; !holds(await call("GET", "/v1/state?since=0")); tries++) {
      if (tries === 100) throw new Error("The scorer's state does not tell what it was told.");
      await pause(50);
    }
    // Whatever is due from the scorer is fetched after an answer: a first request brings it about.
    await pause(stateIntervalMs);
    await fetch(worker, probe);
    await pause(200);
  };
  const stranger = await createIssuer(audience);
  return {
    directory,
    worker,
    origin,
    idp,
    page,
    scorerOrigin,
    agentKey,
    secret: secrets.demo,
    scorer: switchScorer({ get: () => scorer, start: startScorer }),
    /** A session token of an account; `flaw` is `forged`, `expired` or `revoked`. */
    async session(account, claims, flaw) {
      if (flaw === "forged") return stranger.issue(idp, account, claims);
      if (flaw === "expired") return provider.issue(account, claims, claims.iat);
      const sid = randomUUID();
      const token = await provider.issue(account, { ...claims, sid });
      if (flaw === "revoked") {
        const id = edge.identifier("session", sid);
        await call("POST", "/v1/revocations", { session: id });
        await hears((state) => state.revokedSessions.some((session) => session.id === id));
      }
      return token;
    },
    /** Waits until the scorer has learned that a user is at high risk, and the worker has heard of it. */
    learned: (account) =>
      hears((state) =>
        state.riskLevels.some(({ id, level }) => id === edge.identifier("principal", account.id) && level === "high"),
      ),
  };
}

/** Makes a key pair, and a compiled bundle signed with it. */
async function signBundle(at) {
  const edgeward = (...args) => run(program("edgeward"), args, { cwd: fileURLToPath(new URL(".", import.meta.url)) });
  const [source, path] = [at("bundle.json"), at("bundle.edge.json")];
  const publicKeyPath = at("keys/bundle.pub");
  await edgeward("bundle", "keygen", "--out", at("keys"));
  await edgeward(
    "bundle",
    "build",
    "--policies",
    ...policyFiles,
    "--locations",
    "locations.json",
    "--version",
    "1",
    "--out",
    source,
  );
  await edgeward("bundle", "compile", source, "--out", path);
  await edgeward("bundle", "sign", "--key", at("keys/bundle.key"), path);
  return { path, publicKeyPath, publicKey: readFileSync(publicKeyPath, "utf8").trim() };
}

/** An engine that hashes identifiers as the edge does. */
async function engineFor({ identifierKey }) {
  const { Engine } = await importEdgeward();
  return new Engine({ identifierKey });
}

/** An account as the scorer's directory takes it: with what device management knows, and tokens may not say. */
const identity = ({ kind, groups, roles, guestType, device, management }, deviceId = (id) => id) => ({
  kind,
  groups,
  roles,
  guestType,
  devices: device?.id
    ? [{ id: deviceId(device.id), isCompliant: device.isCompliant, trustType: device.trustType, ...management }]
    : [],
});

/** Makes the scorer `up`, `stalled` (it accepts connections and answers nothing) or `stopped`. */
function switchScorer({ get, start }) {
  let state = "up";
  return async (wanted) => {
    if (wanted === state) return;
    if (state === "stalled") await get().signal("SIGCONT");
    if (state === "stopped") await start();
    if (wanted === "stalled") await get().signal("SIGSTOP");
    if (wanted === "stopped") await get().stop();
    state = wanted;
  };
}
