import "#engine";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Guard } from "../../guard.js";
import { whenReady } from "../../patience.js";
import { admit, isGone, OWN_OPTIONS, reader } from "./request.js";
import type { NodeOptions } from "./request.js";
import { sendBeside } from "./response.js";
import { holdUp, refuse } from "./upgrade.js";

export type { TrustedProxies } from "../client-address.js";
export type { Passed } from "../../options.js";
export type { NodeOptions } from "./request.js";

/** What is listening for a server's `upgrade`: WebSocket libraries do. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What every form of the adapter has beside itself. */
export interface Guarded {
  /** The guard behind it: `guard.metrics`. */
  readonly guard: Guard<IncomingMessage>;
  /**
   * Puts the same guard in front of a listener for upgrades. Node hands those past request listeners and middleware,
   * so that a WebSocket server without this is not protected.
   */
  upgrade(listener: UpgradeListener): UpgradeListener;
}

export interface Middleware extends Guarded {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}

/**
 * Middleware for Express and Connect. Put it first: what runs before it is not protected.
 * @throws {EdgewardError} if an option is malformed or the bundle is refused.
 */
export function createMiddleware(options: NodeOptions): Middleware {
  const { guard, read, upgrade } = guarded(options);
  const middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const asked = read(request);
    void whenReady(guard.judge(asked), (judgement) => {
      const { after, responseHeaders } = judgement;
      const passed = judgement.plan.kind === "pass" ? admit(asked, judgement) : undefined;
      const finish = (): void => void after?.(passed?.signIn);
      // The client left while it was judged: nobody is there to be answered.
      if (isGone(response)) return finish();
      if (after !== undefined) response.once("close", finish);
      sendBeside(response, responseHeaders);
      if (judgement.plan.kind === "answer") {
        const { status, headers, body } = judgement.plan;
        return void response.writeHead(status, headers).end(body);
      }
      next();
    });
  };
  return Object.assign(middleware, { guard, upgrade });
}

/** Puts Edgeward in front of a plain `node:http` listener. */
export function protect(listener: RequestListener, options: NodeOptions): RequestListener & Guarded {
  const middleware = createMiddleware(options);
  const { guard, upgrade } = middleware;
  const protectedListener: RequestListener = (request, response) =>
    middleware(request, response, () => listener(request, response));
  return Object.assign(protectedListener, { guard, upgrade });
}

function guarded(options: NodeOptions) {
  const read = reader(options);
  const guard = new Guard<IncomingMessage>(options, { options: OWN_OPTIONS });
  const upgrade =
    (listener: UpgradeListener): UpgradeListener =>
    (request, socket, head) => {
      const release = holdUp(socket);
      const asked = read(request);
      void whenReady(guard.judge(asked), (judgement) => {
        void judgement.after?.();
        if (judgement.plan.kind === "answer") return refuse(socket, judgement.plan, judgement.responseHeaders);
        admit(asked, judgement);
        release();
        if (!socket.destroyed) listener(request, socket, head);
      });
    };
  return { guard, read, upgrade };
}
