import "#engine";
import type { FastifyInstance, FastifyPluginCallback } from "fastify";
import { Guard } from "../../guard.js";
import type { Passed } from "../../options.js";
import { admit, isGone, OWN_OPTIONS, reader } from "../node/request.js";
import type { NodeOptions } from "../node/request.js";
import { sendBeside } from "../node/response.js";

export type { TrustedProxies } from "../client-address.js";
export type { Passed } from "../../options.js";

/**
 * The options of `edgeward/node`. `trustedProxies` is Edgeward's own: Fastify's `trustProxy` is not asked, because
 * `true` there believes anybody.
 */
export type FastifyOptions = NodeOptions;

/** What Fastify itself reads of a plugin's options. */
const OF_FASTIFY = { prefix: undefined, logLevel: undefined, logSerializers: undefined };

declare module "fastify" {
  interface FastifyInstance {
    /** The guard: `app.edgeward.metrics`. */
    edgeward: Guard<import("node:http").IncomingMessage>;
  }
  interface FastifyRequest {
    /** What was decided; missing before the guard was asked. */
    edgeward: Passed | undefined;
  }
}

function plugin(app: FastifyInstance, options: FastifyOptions, done: (error?: Error) => void): void {
  const read = reader(options);
  const guard = new Guard<import("node:http").IncomingMessage>(options, { options: { ...OWN_OPTIONS, ...OF_FASTIFY } });
  app.decorate("edgeward", guard);
  app.decorateRequest("edgeward", undefined);
  app.addHook("onRequest", async (request, reply) => {
    const asked = read(request.raw, routed(request.raw.url));
    const judgement = await guard.judge(asked);
    sendBeside(reply.raw, judgement.responseHeaders);
    const passed = judgement.plan.kind === "pass" ? admit(asked, judgement) : undefined;
    const finish = (): void => void judgement.after?.(passed?.signIn);
    // The client left while it was judged: no route is reached, and nobody is there to be answered.
    if (isGone(reply.raw)) {
      finish();
      return reply.hijack();
    }
    reply.raw.once("close", finish);
    if (judgement.plan.kind === "pass") {
      request.edgeward = passed;
      return;
    }
    const { status, headers, body } = judgement.plan;
    return reply.code(status).headers(headers).send(body);
  });
  done();
}

/** Fastify's router lets the path of an absolute target begin at the next slash, whatever stands before it. */
function routed(target = "/"): string {
  return target.replace(/^([a-z][a-z\d+.-]*:\/\/[^/?#\\]*)[^/]*\//i, "$1/");
}

/**
 * Fastify plugin: `app.register(edgeward, options)`. Register it first and at the root; it covers every route below
 * where it is registered.
 */
export const edgeward: FastifyPluginCallback<FastifyOptions> = Object.assign(plugin, {
  // Fastify would otherwise keep the hook to an inner scope in which there are no routes.
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "edgeward",
});

export default edgeward;
