import { edgeward } from "edgeward/hono";
import { Hono } from "hono";
import { getConnInfo } from "hono/deno";
import { echo, options, port } from "./options.mjs";

const app = new Hono();
app.use(edgeward({ ...options, connInfo: getConnInfo }));
app.all("*", (context) => echo(context.req.raw));
Deno.serve({ port, hostname: "127.0.0.1" }, app.fetch);
