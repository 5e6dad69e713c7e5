// workerd forbids compiling bytes at run time; it compiles a module file when the worker is deployed.
import { glue } from "../core.js";
import module from "../engine/engine.wasm";

glue.initSync({ module });

export * from "../core.js";
export * from "../hosts.js";
