// The module travels inside the package as text: works unconfigured in Node, browsers and every bundler.
import { glue } from "../core.js";
import text from "../engine/inline.js";
import { decodeBase64 } from "./decode.js";

glue.initSync({ module: decodeBase64(text) });

export * from "../core.js";
export * from "../hosts.js";
