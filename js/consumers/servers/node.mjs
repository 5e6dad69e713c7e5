import { createServer } from "node:http";
import { protect } from "edgeward/node";
import { options, port } from "./options.mjs";

const listener = protect(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  if (request.url === "/sign-in") request.edgeward.signIn = { succeeded: false };
  const { method, url, headers } = request;
  response.setHeader("content-type", "application/json").end(JSON.stringify({ method, url, headers, body }));
}, options);
createServer(listener).listen(port, "127.0.0.1");
