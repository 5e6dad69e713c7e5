import { EdgewardError } from "./errors.js";
import { patience } from "./patience.js";

/**
 * Why the scorer could not be used: too late, not there, unwilling (a wrong token, overloaded), unreadable, it says
 * that what it was sent is at fault; or it was not asked, because it failed too often just now or was asked enough.
 */
export type ScorerProblem = "timeout" | "unreachable" | "refused" | "garbage" | "rejected" | "circuit_open" | "over_budget";

/** The message is at fault, and would be again. */
const AT_FAULT = [400, 413, 422];
/** No answer is larger unless the exchange says so: bytes. */
const ANSWER_LIMIT = 256 * 1024;

/** One message to the scorer and what to make of the reply. */
export interface Exchange<T> {
  path: string;
  timeoutMs: number;
  init?: RequestInit;
  /** Statuses that are no failure beside the successful ones. */
  alsoFine?: readonly number[];
  /** Aborts it. Whoever does so from outside has no use for the reply any more, and no failure is counted. */
  aborting?: AbortController;
  take: (response: Response) => Promise<T>;
}

export type Sent<T> = { problem?: never; value: T } | { problem: ScorerProblem | "unwanted"; value?: never };

type Tried<T> = { problem?: never; value: T } | { problem: ScorerProblem; message: string };

/** Speaks HTTP with the scorer. Failures are told and counted, never thrown. */
export class Transport {
  readonly problems: Record<ScorerProblem, number> = {
    timeout: 0,
    unreachable: 0,
    refused: 0,
    garbage: 0,
    rejected: 0,
    circuit_open: 0,
    over_budget: 0,
  };
  readonly #base: string;
  readonly #token: string;
  readonly #fetch: (request: globalThis.Request) => Promise<Response>;
  readonly #report: (problem: ScorerProblem, message: string) => void;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(
    url: string,
    token: string,
    send: ((request: globalThis.Request) => Promise<Response>) | undefined,
    report: (problem: ScorerProblem, message: string) => void,
  ) {
    if (!URL.canParse(url)) {
      throw new EdgewardError("invalid_option", `\`${url}\` is not an address`, { path: "scorer.url" });
    }
    if (typeof token !== "string" || token === "") {
      throw new EdgewardError("invalid_option", "the scorer's token is missing", { path: "scorer.token" });
    }
    this.#base = url.replace(/\/+$/, "");
    this.#token = token;
    this.#fetch = send ?? ((request) => fetch(request));
    this.#report = report;
  }

  failed(problem: ScorerProblem, message: string): { problem: ScorerProblem } {
    this.problems[problem] += 1;
    this.#report(problem, message);
    return { problem };
  }

  async send<T>(exchange: Exchange<T>): Promise<Sent<T>> {
    const { path, timeoutMs, aborting = new AbortController() } = exchange;
    // Not every `fetch` that a host brings heeds its signal.
    const tried = await patience(this.#try(exchange, aborting.signal), timeoutMs);
    if (aborting.signal.aborted) return { problem: "unwanted" };
    if (tried === "impatient") {
      aborting.abort();
      return this.failed("timeout", `${path} did not answer within ${Math.ceil(timeoutMs)} ms`);
    }
    return tried.problem === undefined ? tried : this.failed(tried.problem, tried.message);
  }

  /** Never rejects: it may fail long after everybody has lost patience with it. */
  async #try<T>({ path, init = {}, alsoFine = [], take }: Exchange<T>, signal: AbortSignal): Promise<Tried<T>> {
    let response: Response;
    try {
      const request = new Request(`${this.#base}${path}`, { ...init, redirect: "manual", signal });
      request.headers.set("authorization", `Bearer ${this.#token}`);
      response = await this.#fetch(request);
    } catch (error) {
      return { problem: "unreachable", message: `${path} can not be reached: ${String(error)}` };
    }
    const { status } = response;
    try {
      signal.throwIfAborted();
      if (AT_FAULT.includes(status)) return { problem: "rejected", message: `${path} answered ${status}` };
      if (!response.ok && !alsoFine.includes(status)) return { problem: "refused", message: `${path} answered ${status}` };
      return { value: await take(response) };
    } catch (error) {
      return { problem: "garbage", message: `${path} answered what can not be read: ${String(error)}` };
    } finally {
      // A body that was not read would keep its connection.
      if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
    }
  }
}

/** @throws {RangeError} if a body is larger than `limit` bytes. */
export async function text(response: Response, limit = ANSWER_LIMIT): Promise<string> {
  if (Number(response.headers.get("content-length")) > limit) {
    await response.body?.cancel();
    throw new RangeError(`more than ${limit} bytes`);
  }
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let [body, bytes] = ["", 0];
  // Piece by piece: a reply that never ends is not gathered first.
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    bytes += piece.value.length;
    if (bytes > limit) {
      await reader?.cancel();
      throw new RangeError(`more than ${limit} bytes`);
    }
    body += decoder.decode(piece.value, { stream: true });
  }
  return body + decoder.decode();
}

/** `body`: JSON. */
export function post(body: string): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body };
}
