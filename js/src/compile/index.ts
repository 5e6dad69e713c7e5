// The compiler's module travels inside the package as text, like the engine's.
import { initSync } from "../compiler/compiler.js";
import text from "../compiler/inline.js";
import { decodeBase64 } from "../entry/decode.js";

initSync({ module: decodeBase64(text) });

export * from "./api.js";
