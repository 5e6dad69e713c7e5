import { bunPeer, protect } from "edgeward/fetch";
import { echo, options, port } from "./options.mjs";

Bun.serve({ port, hostname: "127.0.0.1", fetch: protect(echo, { ...options, peer: bunPeer }) });
