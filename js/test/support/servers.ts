import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { AddressInfo } from "node:net";

export interface Running {
  url: string;
  stop(): Promise<void>;
}

export async function serve(listener: RequestListener): Promise<Running> {
  const server = createServer(listener);
  server.on("upgrade", greet);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) };
}

/** Accepts a WebSocket and says in one text frame what it was told of the decision. */
function greet(request: IncomingMessage, socket: Duplex): void {
  const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${key.digest("base64")}`].join("\r\n")}\r\n\r\n`);
  const text = Buffer.from(String(request.headers["edgeward-outcome"]));
  socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  socket.on("error", () => undefined);
  // The server itself no longer counts this connection among its own, and would not close it.
  setTimeout(() => socket.destroy(), 1_000);
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An origin that answers with what it saw. */
export function echo(): Promise<Running> {
  return serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      if (request.url === "/sign-in") response.setHeader("edgeward-sign-in", "failure; principal=u%207");
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    });
  });
}

export type Mood = "well" | "slow" | "down" | "rubbish" | "wrong" | "refusing";

/** A scorer that can be broken in every way a network service can. */
export class FaultyScorer {
  mood: Mood = "well";
  /** Facts it answers. */
  facts: Record<string, unknown> = {};
  /** How long its answers may be reused. */
  ttlSeconds = 0;
  /** Page of `GET /v1/state`. */
  state: unknown = { cursor: 0, revokedSessions: [], riskLevels: [] };
  /** Body of `GET /v1/bundle`; none by default. */
  bundle: string | undefined;
  readonly asked: { needs: string[]; about: Record<string, unknown> }[] = [];
  readonly receipts: Record<string, unknown>[] = [];
  #server: Running | undefined;

  get url(): string {
    return this.#server?.url ?? "";
  }

  async start(): Promise<this> {
    this.#server = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (this.mood === "down") return void request.socket.destroy();
        if (this.mood === "slow") return; // Longer than anybody waits.
        if (this.mood === "refusing" || request.headers.authorization !== "Bearer token") {
          return void response.writeHead(401).end();
        }
        response.setHeader("content-type", "application/json");
        if (this.mood === "rubbish") return void response.end("<html>Gateway</html>");
        response.end(this.#answer(request.url ?? "", Buffer.concat(chunks).toString(), response));
      });
    });
    return this;
  }

  #answer(url: string, body: string, response: { statusCode: number }): string {
    if (url === "/v1/assess") {
      this.asked.push(JSON.parse(body) as FaultyScorer["asked"][number]);
      const facts = this.mood === "wrong" ? { userRisk: 7 } : this.facts;
      return JSON.stringify({ facts, ttlSeconds: this.ttlSeconds });
    }
    if (url === "/v1/receipts") {
      const { receipts } = JSON.parse(body) as { receipts: Record<string, unknown>[] };
      this.receipts.push(...receipts);
      response.statusCode = 202;
      return JSON.stringify({ accepted: receipts.length, duplicates: 0 });
    }
    if (url.startsWith("/v1/state")) return JSON.stringify(this.state);
    if (url === "/v1/bundle" && this.bundle !== undefined) return this.bundle;
    response.statusCode = 404;
    return "{}";
  }

  stop(): Promise<void> {
    return this.#server?.stop() ?? Promise.resolve();
  }
}

/** Waits for what happens after a response was sent. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`it never came to pass that ${what}`);
}
