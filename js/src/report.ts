/** Something an operator should know. Never carries a token, a cookie or an identifier. */
export interface Problem {
  /** Stable: `scorer_timeout`, `scorer_refused`, `bundle_refused`, `engine_trap`, `keys_unavailable`, … */
  code: string;
  message: string;
}

/** How often the same code is reported again: milliseconds. */
const QUIET_MS = 60_000;

/** Hands each problem to `sink`, the same code at most once a minute, and survives a sink that throws. */
export function reporter(sink: (problem: Problem) => void): (code: string, message: string) => void {
  const last = new Map<string, number>();
  return (code, message) => {
    const now = Date.now();
    if (now - (last.get(code) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    last.set(code, now);
    // A broken log must not break a request.
    guarded(() => sink({ code, message }), () => undefined);
  };
}

/** Calls what is not ours, which may throw, at once or later: a promise that nobody hears fail ends a process. */
export function guarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const called = call();
    if (called instanceof Promise) called.catch(failed);
  } catch (error) {
    failed(error);
  }
}

export function warn({ code, message }: Problem): void {
  console.warn(`edgeward: ${message} (${code})`);
}
