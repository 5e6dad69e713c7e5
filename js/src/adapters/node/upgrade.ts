// Node leaves a socket that asks for an upgrade to whoever listens: nobody else reads it, hears its errors or ends it.
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Answered } from "../../answer.js";

/** A client that was refused and stays is cut off after this: ms. */
const LEAVE_MS = 2_000;

/** Hears errors as long as nobody else does, because one that nobody hears ends the process. Returns what stops that. */
export function holdUp(socket: Duplex): () => void {
  const ignore = (): void => undefined;
  socket.on("error", ignore);
  return () => void socket.off("error", ignore);
}

/** Answers a client whose upgrade is refused, and is rid of it: when it leaves, or before long. It stays held up. */
export function refuse(socket: Duplex, answer: Answered, more: Readonly<Record<string, string>>): void {
  const leave = (): void => void socket.destroy();
  const timer = setTimeout(leave, LEAVE_MS).unref();
  socket.once("close", () => clearTimeout(timer)).once("end", leave);
  // What is not read would keep the end from being seen, and cut the answer off with a reset.
  socket.resume().end(written({ ...answer, headers: { ...answer.headers, ...more } }));
}

function written({ status, headers, body }: Answered): string {
  const lines = Object.entries({ ...headers, "content-length": Buffer.byteLength(body), connection: "close" });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`;
}
