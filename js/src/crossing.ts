import { type Engine as Module, moduleMemory } from "./engine/engine.js";
import type { Decision, PolicyResult, Profile, Request } from "./types.js";

/** What the numbers of a packed answer stand for, from the engine. */
interface Tables {
  outcomes: Decision["outcome"][];
  levels: Decision["risk"]["levels"];
  classes: Decision["agent"]["class"][];
  verifications: Decision["agent"]["verification"][];
  purposes: NonNullable<Decision["agent"]["purpose"]>[];
  platforms: NonNullable<Decision["agent"]["platform"]>[];
  findings: Decision["agent"]["findings"];
  signals: [name: string, bins: string[]][];
  facts: string[];
  policies: string[];
  results: PolicyResult["result"][];
  reasons: string[];
  outages: NonNullable<PolicyResult["outage"]>[];
  versions: Decision["versions"];
}

type Rest = Pick<Decision, "reasons" | "controls" | "sessionControls" | "detections">;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The request being written. Module state, because a closure for each request costs more than all of the writing.
let text = "";
let numbers: Float64Array<ArrayBuffer> = new Float64Array();
let count = 0;
let fits = true;

/**
 * The fast way into the module and back: texts of a request as one string and everything else as numbers, written
 * into buffers of the module that stay; the answer read as indices. Order and meaning of both are those of
 * `edgeward::packed`. It allocates nothing in the module that stays.
 */
export class Crossing {
  readonly #module: Module;
  readonly #memory = moduleMemory() as WebAssembly.Memory;
  readonly #tables: Tables;
  #buffer: ArrayBuffer | undefined;
  #text = new Uint8Array();
  #numbers: Float64Array<ArrayBuffer> = new Float64Array();

  constructor(module: Module) {
    this.#module = module;
    this.#tables = JSON.parse(module.tables()) as Tables;
  }

  /** The decision, or `undefined` for a request that has to cross as JSON. */
  evaluate(request: Request): Decision | undefined {
    // Views of the module's memory come loose when it grows.
    if (this.#buffer !== this.#memory.buffer) this.#look();
    numbers = this.#numbers;
    writeRequest(request);
    const written = text;
    text = "";
    if (!fits || count > numbers.length || written.length > this.#text.length) return undefined;
    // As many bytes as UTF-16 units: all ASCII, so that lengths of strings are lengths of bytes.
    if (encoder.encodeInto(written, this.#text).written !== written.length) return undefined;
    const words = this.#module.evaluatePacked(written.length, count);
    return words === 0 ? undefined : this.#read(words);
  }

  #look(): void {
    this.#buffer = this.#memory.buffer;
    this.#text = new Uint8Array(this.#buffer, this.#module.textBuffer(), this.#module.textCapacity());
    this.#numbers = new Float64Array(this.#buffer, this.#module.numbersBuffer(), this.#module.numbersCapacity());
  }

  #read(length: number): Decision {
    const { buffer } = this.#memory;
    const words = new Uint32Array(buffer, this.#module.answerWords(), length);
    const bytes = new Uint8Array(buffer, this.#module.answerText(), this.#module.answerTextLength());
    const answer = decoder.decode(bytes);
    const tables = this.#tables;
    let at = 0;
    let from = 0;
    const next = () => words[at++] as number;
    const slice = (size: number) => answer.slice(from, (from += size));
    const optional = <T>(table: readonly T[], index: number) => (index === 0 ? null : (table[index - 1] as T));
    const set = <T>(table: readonly T[], bits: number) => table.filter((_, bit) => (bits & (1 << bit)) !== 0);

    const outcome = tables.outcomes[next()] as Decision["outcome"];
    const score = next() | 0;
    const probabilityQ16 = next();
    const levels = set(tables.levels, next());
    const agentClass = tables.classes[next()] as Decision["agent"]["class"];
    const verification = tables.verifications[next()] as Decision["agent"]["verification"];
    const purpose = optional(tables.purposes, next());
    const platform = optional(tables.platforms, next());
    const findings = set(tables.findings, next());
    const major = next();
    const lengths = [next(), next(), next()] as const;
    const [name, operator, browser] = lengths.map((size) => (size === 0 ? null : slice(size - 1))) as [string | null, string | null, string | null];
    const supportCode = slice(next());
    const rest = JSON.parse(slice(next())) as Rest;
    const contributions: Decision["risk"]["contributions"] = [];
    for (let left = next(); left > 0; left -= 1) {
      const [signal, bins] = tables.signals[next()] as [string, string[]];
      contributions.push({ signal, bin: bins[next()] as string, points: next() | 0 });
    }
    const needs: string[] = [];
    for (let left = next(); left > 0; left -= 1) needs.push(tables.facts[next()] as string);
    const policies = words.slice(at + 1, at + 1 + next());

    const { versions } = tables;
    // Most callers never look at the policies one by one.
    let results: PolicyResult[] | undefined;
    return {
      outcome,
      reasons: rest.reasons,
      controls: rest.controls,
      sessionControls: rest.sessionControls,
      risk: { score, probabilityQ16, levels, contributions },
      agent: {
        class: agentClass,
        name,
        operator,
        purpose,
        browser: browser === null ? null : { name: browser, major },
        platform,
        verification,
        findings,
      },
      detections: rest.detections,
      get policies() {
        return (results ??= readPolicies(policies, tables));
      },
      needs,
      versions,
      supportCode,
    };
  }
}

function readPolicies(words: Uint32Array, tables: Tables): PolicyResult[] {
  return Array.from(words, (word, index) => {
    const reason = (word >> 8) & 0xff;
    const outage = word >> 16;
    const result: PolicyResult = {
      id: tables.policies[index] as string,
      result: tables.results[word & 0xff] as PolicyResult["result"],
    };
    if (reason !== 0) result.reason = tables.reasons[reason - 1] as string;
    if (outage !== 0) result.outage = tables.outages[outage - 1] as NonNullable<PolicyResult["outage"]>;
    return result;
  });
}

const NOTHING = {} as Readonly<Record<string, undefined>>;

/** Writes the members in the order in which `edgeward::packed::request` reads them. */
function writeRequest(request: Request): void {
  text = "";
  count = 0;
  fits = true;
  number(request.time);
  const http = request.http ?? NOTHING;
  string(http.method);
  string(http.scheme);
  string(http.host);
  string(http.path);
  string(http.version);
  pairs(http.headers);
  const client = request.client ?? NOTHING;
  string(client.ip);
  number(client.asn);
  string(client.country);
  string(client.city);
  number(client.latitude);
  number(client.longitude);
  string(client.proxy);
  string(client.gpsCountry);
  flag(client.compliantNetwork);
  string(client.appType);
  const tls = request.tls ?? NOTHING;
  const certificate = tls.clientCert ?? NOTHING;
  string(tls.version);
  string(tls.ja4);
  string(tls.ja3);
  flag(certificate.presented);
  flag(certificate.verified);
  const transport = request.transport ?? NOTHING;
  number(transport.rttMs);
  string(transport.h2Fingerprint);
  strings(transport.headerOrder);
  const bot = request.platformBot ?? NOTHING;
  number(bot.score);
  flag(bot.verified);
  flag(bot.signedAgent);
  const principal = request.principal ?? NOTHING;
  string(principal.kind);
  string(principal.id);
  strings(principal.groups);
  strings(principal.roles);
  string(principal.guestType);
  string(principal.externalTenant);
  const session = request.session ?? NOTHING;
  const binding = session.binding ?? NOTHING;
  string(session.id);
  number(session.establishedAt);
  number(session.authTime);
  strings(session.amr);
  string(session.transferMethod);
  number(binding.asn);
  string(binding.country);
  string(binding.ja4);
  string(binding.agent);
  writeDevice(request.device ?? NOTHING);
  const resource = request.resource ?? NOTHING;
  string(resource.application);
  strings(resource.applicationGroups);
  string(resource.userAction);
  string(resource.authenticationContext);
  const risk = request.risk ?? NOTHING;
  string(risk.signIn);
  string(risk.user);
  string(risk.servicePrincipal);
  string(risk.agent);
  string(risk.insider);
  const velocity = request.velocity ?? NOTHING;
  number(velocity.userFailures1h);
  number(velocity.ipUsers1h);
  writeProfile(request.profile);
}

/** Members of a device that cross packed. One with others, for policies with a device filter, crosses as JSON. */
const DEVICE = new Set(["isRegistered", "isCompliant", "trustType", "platform", "deviceId"]);

function writeDevice(device: NonNullable<Request["device"]>): void {
  flag(device.isRegistered);
  flag(device.isCompliant);
  string(device.trustType);
  string(device.platform);
  string(device.deviceId);
  for (const member in device) if (!DEVICE.has(member)) fits = false;
}

function writeProfile(profile: Profile | null | undefined): void {
  if (profile == null) {
    put(Number.NaN);
    return;
  }
  if (profile.count == null) fits = false;
  number(profile.count);
  strings(profile.networks);
  numbersOf(profile.asns);
  strings(profile.countries);
  strings(profile.agents);
  strings(profile.tls);
  strings(profile.devices);
  numbersOf(profile.hours);
  number(profile.last?.time);
  if (profile.last == null) return;
  if (profile.last.time == null) fits = false;
  number(profile.last.latitudeE6);
  number(profile.last.longitudeE6);
}

/** Past the end of the buffer nothing is kept, and the count tells. */
function put(value: number): void {
  numbers[count++] = value;
}

function number(value: number | null | undefined): void {
  if (value == null) put(Number.NaN);
  // JSON writes what is not finite as `null`.
  else if (typeof value === "number") put(Number.isFinite(value) ? value : Number.NaN);
  else fits = false;
}

function flag(value: boolean | null | undefined): void {
  if (value == null) put(Number.NaN);
  else if (typeof value === "boolean") put(value ? 1 : 0);
  else fits = false;
}

function string(value: string | null | undefined): void {
  if (value == null) put(Number.NaN);
  else if (typeof value === "string") {
    put(value.length);
    text += value;
  } else fits = false;
}

function strings(values: readonly string[] | null | undefined): void {
  if (values == null) put(Number.NaN);
  else if (Array.isArray(values)) {
    put(values.length);
    for (const value of values) known(value);
  } else fits = false;
}

function numbersOf(values: readonly number[] | null | undefined): void {
  if (values == null) put(Number.NaN);
  else if (Array.isArray(values)) {
    put(values.length);
    for (const value of values) {
      if (typeof value !== "number") fits = false;
      else put(value);
    }
  } else fits = false;
}

function pairs(values: readonly (readonly [string, string])[] | null | undefined): void {
  if (values == null) put(Number.NaN);
  else if (Array.isArray(values)) {
    put(values.length);
    for (const pair of values) {
      if (!Array.isArray(pair) || pair.length !== 2) fits = false;
      known(pair[0]);
      known(pair[1]);
    }
  } else fits = false;
}

function known(value: string): void {
  if (typeof value !== "string") fits = false;
  else string(value);
}
