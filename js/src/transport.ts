import { EdgewardError } from "./errors.js";

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
  take: (response: Response) => Promise<T>;
}

export type Sent<T> = { problem?: never; value: T } | { problem: ScorerProblem; value?: never };

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

  async send<T>({ path, timeoutMs, init = {}, alsoFine = [], take }: Exchange<T>): Promise<Sent<T>> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const request = new Request(`${this.#base}${path}`, { ...init, redirect: "manual", signal });
      request.headers.set("authorization", `Bearer ${this.#token}`);
      const response = await this.#fetch(request);
      const { status } = response;
      try {
        if (AT_FAULT.includes(status)) return this.failed("rejected", `${path} answered ${status}`);
        if (!response.ok && !alsoFine.includes(status)) return this.failed("refused", `${path} answered ${status}`);
        return { value: await take(response) };
      } catch (error) {
        if (signal.aborted) throw error;
        return this.failed("garbage", `${path} answered what can not be read: ${String(error)}`);
      } finally {
        // A body that was not read would keep its connection.
        if (!response.bodyUsed) await response.body?.cancel();
      }
    } catch (error) {
      return signal.aborted
        ? this.failed("timeout", `${path} did not answer within ${timeoutMs} ms`)
        : this.failed("unreachable", `${path} can not be reached: ${String(error)}`);
    }
  }

  /** A reply of JSON. */
  json(path: string, timeoutMs: number, init: RequestInit = {}): Promise<Sent<unknown>> {
    return this.send({ path, timeoutMs, init, take: async (response) => JSON.parse(await text(response)) as unknown });
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
