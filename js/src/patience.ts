/** Goes on with a value at once, or as soon as it is there. */
export function whenReady<T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Waits for another's promise, but not for ever: milliseconds. */
export async function patience<T>(promise: Promise<T>, ms: number): Promise<T | "impatient"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<"impatient">((resolve) => {
    timer = setTimeout(() => resolve("impatient"), ms);
  });
  try {
    return await Promise.race([promise, enough]);
  } finally {
    clearTimeout(timer);
  }
}
