export interface RunningWorker {
  url: string;
  port: number;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
  stop(): Promise<void>;
}

/** Bundles a worker, starts it in workerd, and resolves once it listens. Port 0 takes a free one. */
export function startWorker(options: {
  /** Path of the worker's main module. */
  entry: string;
  /** Text bindings: the worker's `env`. */
  bindings?: Record<string, string>;
  /** Namespaces of Durable Objects, kept in memory: binding to exported class. */
  durableObjects?: Record<string, string>;
  port?: number;
  host?: string;
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
