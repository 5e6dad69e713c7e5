import { join } from "node:path";

// The package is linked from outside this folder; an installed one needs none of this.
export default { turbopack: { root: join(import.meta.dirname, "../..") } };
