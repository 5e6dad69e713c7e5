import { protect } from "edgeward/next";
import { options } from "../../../edgeward.js";

export const GET = protect((request) => Response.json({ agent: request.headers.get("edgeward-agent") }), options);
