// workerd forbids compiling bytes at run time; it compiles a module file when the worker is deployed.
import { initSync } from "../engine/engine.js";
import module from "../engine/engine.wasm";

initSync({ module });
