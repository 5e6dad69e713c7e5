export interface RunningWorker {
  url: string;
  port: number;
  stop(): Promise<void>;
}

/** Bundles a worker, starts it in workerd, and resolves once it listens. It takes a free port. */
export function startWorker(options: {
  /** Path of the worker's main module. */
  entry: string;
  /** Text bindings: the worker's `env`. */
  bindings?: Record<string, string>;
  /** Namespaces of Durable Objects, kept in memory: binding to exported class. */
  durableObjects?: Record<string, string>;
}): Promise<RunningWorker>;

/** Bundles a worker into a directory and configures workerd to serve it on an address; answers the configuration's path. */
export function prepareWorker(options: {
  entry: string;
  bindings?: Record<string, string>;
  durableObjects?: Record<string, string>;
  address: string;
  directory: string;
  plugins?: import("esbuild").Plugin[];
}): Promise<string>;

/** Path of the workerd program. */
export const program: string;
