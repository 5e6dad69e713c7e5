// In a page: the page fetches the module, and hands it over.
export * from "../../entry/slim.js";
export { pageRequest } from "./client.js";
export type { NavigatorLike } from "./client.js";
