import "#engine";

export * from "./api.js";
