// An origin that knows nothing of Edgeward, and the worker in front of it.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import process from "node:process";

const origin = createServer((request, response) => {
  response.end(`${request.url} for ${request.headers["edgeward-agent"]}\n`);
});
origin.listen(Number(process.env.ORIGIN_PORT ?? 8788), "127.0.0.1", () => {
  const { port } = origin.address();
  const parameters = ["dev", "--port", process.env.PORT ?? "8787", "--var", `ORIGIN:http://127.0.0.1:${port}`];
  const wrangler = spawn("wrangler", parameters, { stdio: "inherit" });
  wrangler.once("exit", (code) => process.exit(code ?? 0));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => wrangler.kill(signal));
});
