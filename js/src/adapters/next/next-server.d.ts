// The little of Next that is used, so that building this package does not take installing Next. The project in
// `consumers/next` compiles and runs against the real one.
declare module "next/server.js" {
  export const NextResponse: { next(init: { request: { headers: Headers } }): Response };
  export const NextRequest: new (request: globalThis.Request, init: { headers: Headers }) => globalThis.Request;
  export function after(task: () => Promise<void>): void;
}
