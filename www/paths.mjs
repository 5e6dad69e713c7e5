// Reading and writing members of a request by path, such as `session.binding.country`.

/** The member, or undefined where any part of the path is missing. */
export const get = (object, path) => path.split(".").reduce((value, name) => value?.[name], object);

/** Sets the member, or removes it when `value` is undefined; parents that end up empty go too. */
export function set(object, path, value) {
  const names = path.split(".");
  const last = names.pop();
  const parents = [object];
  for (const name of names) {
    const parent = parents.at(-1);
    if (parent[name] === null || typeof parent[name] !== "object") {
      if (value === undefined) return;
      parent[name] = {};
    }
    parents.push(parent[name]);
  }
  if (value !== undefined) {
    parents.at(-1)[last] = value;
    return;
  }
  delete parents.at(-1)[last];
  for (let depth = names.length; depth > 0 && Object.keys(parents[depth]).length === 0; depth--) {
    delete parents[depth - 1][names[depth - 1]];
  }
}

/** First value of a header, or undefined. */
export const header = (request, name) => {
  const headers = request.http?.headers;
  return Array.isArray(headers) ? headers.find((pair) => pair?.[0] === name)?.[1] : undefined;
};

/** Sets a header where it stands, adds it at the end, or removes it when `value` is empty. */
export function setHeader(request, name, value) {
  if (typeof request.http !== "object" || request.http === null) request.http = {};
  if (!Array.isArray(request.http.headers)) request.http.headers = [];
  const { headers } = request.http;
  const index = headers.findIndex((pair) => pair?.[0] === name);
  if (value === "") {
    if (index >= 0) headers.splice(index, 1);
  } else if (index >= 0) headers[index][1] = value;
  else headers.push([name, value]);
}
