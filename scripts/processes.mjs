// Programs that run beside this one: started on a free port, watched, and stopped whatever happens.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

const stopGraceMs = 3_000;

/** Ports given away, whose takers may not listen yet. */
const givenAway = new Set();

/** The port if it is free, else the next free one. What is in use by others is told to `busy`. */
export async function freePort(wanted, busy = () => {}) {
  for (let port = wanted; port < wanted + 100; port++) {
    if (givenAway.has(port)) continue;
    const free = await new Promise((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) {
      givenAway.add(port);
      return port;
    }
    busy(port);
  }
  throw new Error(`no free port from ${wanted} to ${wanted + 99}`);
}

/**
 * A program that dies with this one. The shell between holds a pipe from here: when it closes, for whatever reason
 * (Ctrl-C, a crash, `kill -9`), the program is stopped. Node alone can not promise that.
 */
export class Companion {
  #child;
  #exited;
  #log;

  /** `log` is the file that takes its output. */
  constructor(name, command, args, { env = {}, log }) {
    this.name = name;
    this.#log = log;
    const file = openSync(log, "a");
    // A process group of its own: Ctrl-C at the terminal reaches only this program, which then stops the others in order.
    this.#child = spawn("/bin/sh", ["-c", leash, "sh", command, ...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", file, file, "pipe"],
      detached: true,
    });
    closeSync(file);
    this.#child.stdin.on("error", () => {});
    this.pid = new Promise((resolve) => this.#child.stdio[3].once("data", (line) => resolve(Number(line))));
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
      this.#child.once("error", (error) => resolve({ error }));
    });
  }

  /** Waits until `probe` succeeds; fails with the end of the log if the program exits first or takes too long. */
  async ready(probe, timeoutMs = 20_000) {
    const deadline = Date.now() + timeoutMs;
    let gone = null;
    this.#exited.then((how) => (gone = how));
    while (Date.now() < deadline && !gone) {
      if (await probe().catch(() => false)) return this;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await this.stop();
    const tail = readFileSync(this.#log, "utf8").trim().split("\n").slice(-12).join("\n    ");
    throw new Error(
      `${this.name} ${gone ? "stopped at once" : `was not ready within ${timeoutMs / 1000} s`}. The end of ${this.#log}:\n    ${tail}`,
    );
  }

  /** Sends a signal to the program itself. */
  async signal(name) {
    process.kill(await this.pid, name);
  }

  /** Stops it: politely, and after a grace period for good. Resolves when it is gone. */
  async stop() {
    this.#child.stdin.end();
    const timer = setTimeout(() => {
      try {
        process.kill(-this.#child.pid, "SIGKILL");
      } catch {
        // Gone in the meantime.
      }
    }, stopGraceMs);
    await this.#exited;
    clearTimeout(timer);
  }
}

// Starts the program, tells its process id on descriptor 3, and waits for the pipe at its input to close. A program
// that ends by itself ends the wait. The pipe moves to descriptor 4, because a shell gives /dev/null to what it starts
// in the background.
const leash = `
exec 4<&0 </dev/null
"$@" 3>&- 4<&- & program=$!
echo "$program" >&3; exec 3>&-
{ cat <&4 >/dev/null; kill -CONT "$program" 2>/dev/null; kill -TERM "$program" 2>/dev/null; } & watch=$!
exec 4<&-
wait "$program"; status=$?
kill "$watch" 2>/dev/null
exit "$status"
`;
