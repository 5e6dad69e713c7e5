// The service in Viceroy between a client and an origin of this process, with the real scorer behind it.
import { constants, createHash, createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Companion, freePort } from "../../scripts/processes.mjs";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VICEROY = process.env.VICEROY ?? "viceroy";
const TARGET = process.env.FASTLY_TARGET ?? join(ROOT, "target/fastly/wasm32-wasip1/release");
const SCORER = join(ROOT, "target/debug/edgeward-scorer");

export const ISSUER = "https://id.example";
export const AUDIENCE = "app";
export const secrets = {
  scorerToken: randomBytes(24).toString("hex"),
  origin: randomBytes(24).toString("hex"),
  identifierKey: randomBytes(16).toString("hex"),
};

const directory = mkdtempSync(join(tmpdir(), "edgeward-fastly-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
const issuerKeys = {
  elliptic: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  edwards: generateKeyPairSync("ed25519"),
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
};
const jwks = { keys: Object.entries(issuerKeys).map(([kid, { publicKey }]) => ({ ...publicKey.export({ format: "jwk" }), use: "sig", kid })) };

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
/** The key, the digest and what else each algorithm signs with. */
const ALGORITHMS = {
  ES256: ["elliptic", "sha256", { dsaEncoding: "ieee-p1363" }],
  EdDSA: ["edwards", null, {}],
  ...Object.fromEntries([256, 384, 512].flatMap((bits) => [[`RS${bits}`, ["rsa", `sha${bits}`, {}]], [`PS${bits}`, ["rsa", `sha${bits}`, PSS]]])),
};

/** A session token of an hour; `claims` may say otherwise. */
export function issue(claims, alg = "ES256") {
  const [kid, digest, more] = ALGORITHMS[alg];
  const now = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 3600, amr: ["pwd"], ...claims };
  const signed = `${encode({ alg, kid })}.${encode(body)}`;
  const key = { key: issuerKeys[kid].privateKey, ...more };
  return `${signed}.${sign(digest, Buffer.from(signed), key).toString("base64url")}`;
}

/** An identifier as it leaves the edge. */
export function identifier(kind, value) {
  const mac = createHmac("sha256", Buffer.from(secrets.identifierKey, "hex"));
  return mac.update(`${kind}\0${value}`).digest("hex").slice(0, 32);
}

/** A bundle, its signature, and the key to trust. */
export function signBundle(bundle) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
  const text = JSON.stringify(bundle);
  const id = createHash("sha256").update(raw).digest("hex").slice(0, 16);
  return {
    text,
    signature: JSON.stringify({ keyId: id, algorithm: "Ed25519", signature: sign(null, Buffer.from(text), privateKey).toString("base64") }),
    publicKey: { id, key: raw.toString("base64") },
  };
}

/** Serves `handler` until stopped. */
export async function listen(handler) {
  // What is too much for the edge must not be too much for who stands behind it first.
  const server = createServer({ maxHeaderSize: 4 << 20 }, handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, server, stop };
}

export async function body(message) {
  const chunks = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

let services = 0;

/** Starts `module` with settings and a bundle as a Fastly service would have them, and backends by name. */
export async function startService({ module = "edgeward-fastly", settings = {}, bundle, backends, places = {} }) {
  const at = join(directory, `service-${services++}`);
  mkdirSync(at);
  const put = (name, text) => {
    writeFileSync(join(at, name), text);
    return JSON.stringify(join(at, name));
  };
  const stored = [["bundle", bundle?.text], ["bundle-signature", bundle?.signature]].filter(([, text]) => text);
  const values = stored.map(([key, text]) => `{ key = "${key}", file = ${put(key, text)} }`);
  const kept = { "scorer-token": secrets.scorerToken, "origin-secret": secrets.origin, "identifier-key": secrets.identifierKey };
  if (!backends.scorer) delete kept["scorer-token"];
  const items = typeof settings === "string" ? settings : JSON.stringify(settings);
  put(
    "fastly.toml",
    `manifest_version = 3
[local_server.kv_stores]
edgeward = [${values.join(", ")}]
[local_server.secret_stores]
edgeward = [${Object.entries(kept).map(([key, data]) => `{ key = "${key}", data = "${data}" }`)}]
[local_server.config_stores.edgeward]
format = "json"
file = ${put("settings.json", JSON.stringify({ settings: items }))}
[local_server.geolocation]
format = "json"
file = ${put("places.json", JSON.stringify(places))}
${Object.entries(backends)
  .map(([name, backend]) => `[local_server.backends.${name}]\nurl = "${backend.url}"\nfirst_byte_timeout_ms = ${backend.timeoutMs ?? 15_000}\n`)
  .join("")}`,
  );
  const port = await freePort(18_700);
  const log = join(at, "log");
  const args = ["serve", "-C", join(at, "fastly.toml"), "--addr", `127.0.0.1:${port}`, join(TARGET, `${module}.wasm`)];
  const viceroy = new Companion(`Viceroy (${module})`, VICEROY, args, { log });
  const url = `http://127.0.0.1:${port}`;
  await viceroy.ready(() => exchange(url, { path: "/ready" }), 120_000);
  return { url, log, stop: () => viceroy.stop() };
}

/** One exchange as it is on the wire: nothing added, followed or decoded. */
export function exchange(url, { method = "GET", path = "/", headers = {}, data, host = "app.example" } = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${url}${path}`, { method, headers: { host, ...headers } }, async (response) => {
      try {
        resolve({ status: response.statusCode, headers: response.headers, body: await body(response) });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on("error", reject);
    if (data && typeof data.pipe === "function") data.pipe(outgoing);
    else outgoing.end(data);
  });
}

/** The real scorer. */
export async function startScorer() {
  const port = await freePort(18_600);
  const url = `http://127.0.0.1:${port}`;
  const log = join(directory, "scorer.log");
  const args = ["--listen", `127.0.0.1:${port}`, "--database", join(directory, "scorer.db")];
  const scorer = new Companion("scorer", SCORER, args, { env: { EDGEWARD_SCORER_TOKEN: secrets.scorerToken }, log });
  await scorer.ready(() => exchange(url, { path: "/healthz" }));
  return { url, stop: () => scorer.stop() };
}

/** Stands before the scorer: hands on, notes what passes, delays and breaks when told to. */
export async function startTap(target) {
  const tap = { delayMs: 0, answer: undefined, asked: [], receipts: [] };
  const served = await listen(async (incoming, response) => {
    const sent = await body(incoming);
    if (incoming.url === "/v1/assess") tap.asked.push(JSON.parse(sent));
    if (incoming.url === "/v1/receipts") tap.receipts.push(...JSON.parse(sent).receipts);
    await new Promise((resolve) => setTimeout(resolve, tap.delayMs));
    if (tap.answer && incoming.url === "/v1/assess") return response.writeHead(tap.answer.status ?? 200).end(tap.answer.body);
    try {
      const { host, ...headers } = incoming.headers;
      const reply = await exchange(target, { method: incoming.method, path: incoming.url, headers, data: sent });
      response.writeHead(reply.status, reply.headers).end(reply.body);
    } catch {
      response.destroy();
    }
  });
  return Object.assign(tap, served);
}

/** Calls the scorer as an operator does. */
export function call(scorer, method, path, value) {
  const headers = { authorization: `Bearer ${secrets.scorerToken}`, "content-type": "application/json" };
  return exchange(scorer.url, { method, path, headers, data: JSON.stringify(value) });
}

export { ALGORITHMS, jwks };
