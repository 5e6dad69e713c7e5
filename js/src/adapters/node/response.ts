import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * Sends headers of ours beside those of the application under the same names. Whatever it sets would replace what is there,
 * and so ours join when the head is written.
 */
export function sendBeside(response: ServerResponse, ours: Readonly<Record<string, string>>): void {
  if (Object.keys(ours).length === 0) return;
  const { writeHead } = response;
  response.writeHead = ((status: number, ...rest: unknown[]): ServerResponse => {
    response.writeHead = writeHead;
    const given = rest.findIndex((one) => typeof one === "object" && one !== null);
    if (given >= 0) take(response, rest.splice(given, 1)[0] as OutgoingHttpHeaders | OutgoingHttpHeader[]);
    for (const name in ours) append(response, name, ours[name] as string);
    return Reflect.apply(writeHead, response, [status, ...rest]) as ServerResponse;
  }) as typeof writeHead;
}

/** Headers as `writeHead` takes them: by name, or in a list, or a list of pairs, where a name may stand more than once. */
function take(response: ServerResponse, headers: OutgoingHttpHeaders | readonly OutgoingHttpHeader[]): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value);
    }
    return;
  }
  const list = (Array.isArray(headers[0]) ? headers.flat() : headers) as OutgoingHttpHeader[];
  for (let index = 0; index < list.length; index += 2) response.removeHeader(list[index] as string);
  for (let index = 0; index < list.length; index += 2) append(response, list[index] as string, list[index + 1]);
}

/** `appendHeader` would write into a list of the application's, which may be the one of every response: others' cookies in it. */
function append(response: ServerResponse, name: string, value: OutgoingHttpHeader | undefined): void {
  const there = response.getHeader(name);
  response.setHeader(name, there === undefined ? (value as OutgoingHttpHeader) : ([there, value].flat() as string[]));
}
