// In Vercel's Edge runtime, which compiles no bytes: `imports["#engine"]` has an entry for it.
import { Engine } from "edgeward";
import bundle from "./bundle.js";

export const runtime = "edge";

export function GET(request) {
  const engine = new Engine({ allowUnsigned: true });
  engine.load(bundle);
  const headers = [["user-agent", request.headers.get("user-agent")]];
  return Response.json(engine.evaluate({ http: { path: "/", headers } }).agent.class);
}
