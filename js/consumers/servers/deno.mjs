import { denoPeer, protect } from "edgeward/fetch";
import { echo, options, port } from "./options.mjs";

Deno.serve({ port, hostname: "127.0.0.1" }, protect(echo, { ...options, peer: denoPeer }));
