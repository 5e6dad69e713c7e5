// What the shared cases of every adapter expect of the server they are asked of.
import { readFileSync } from "node:fs";
import process from "node:process";
import { factsFromHeader } from "edgeward";

export const port = Number(process.env.PORT);

export const options = {
  bundle: { text: readFileSync(process.env.BUNDLE, "utf8") },
  allowUnsigned: true,
  stepUpUrl: "https://login.example/step-up",
  facts: factsFromHeader("x-facts"),
  onProblem: () => undefined,
  session: { keys: { jwks: { keys: [] } }, issuer: "https://login.example", audience: "app" },
  serverTiming: true,
};

/** A fetch handler that answers with what it saw. */
export async function echo(request) {
  const { pathname, search } = new URL(request.url);
  const body = await request.text();
  const headers = Object.fromEntries(request.headers);
  const response = Response.json({ method: request.method, url: pathname + search, headers, body });
  if (pathname === "/sign-in") response.headers.set("edgeward-sign-in", "failure; principal=u%207");
  return response;
}
