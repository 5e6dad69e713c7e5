// The worker without Edgeward: method, path, headers and body go to the origin, the answer comes back.
export default {
  fetch(request, env) {
    const target = new URL(request.url);
    target.host = new URL(env.ORIGIN).host;
    return fetch(new Request(target, request), { redirect: "manual" });
  },
};
