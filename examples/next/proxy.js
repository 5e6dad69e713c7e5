import { createProxy } from "edgeward/next";
import { options } from "./edgeward.js";

export const proxy = createProxy(options);

// Static files, and the one route that guards itself.
export const config = { matcher: ["/((?!_next/static|_next/image|favicon.ico|api/hello).*)"] };
