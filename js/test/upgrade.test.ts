// Clients that ask a Node server for an upgrade, are refused, and do not leave as they should.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import { factsFromHeader } from "edgeward";
import { protect } from "edgeward/node";
import { bundle, CALM } from "./support/fixture.js";
import { eventually } from "./support/servers.js";

const guarded = protect((_, response) => response.end("ok"), {
  bundle: { text: bundle() },
  allowUnsigned: true,
  facts: factsFromHeader("x-facts"),
  onProblem: () => undefined,
});
const server = createServer(guarded).on("upgrade", guarded.upgrade((_, socket) => socket.end()));

before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));

/** Asks for what is not granted, and leaves as it is told to. */
function ask(leave: (socket: Socket) => void): Socket {
  const { port } = server.address() as { port: number };
  const head = "GET /admin HTTP/1.1\r\nhost: app.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
  const socket = connect(port, "127.0.0.1", () => {
    socket.write(`${head}x-facts: ${JSON.stringify(CALM)}\r\n\r\n`);
    leave(socket);
  });
  return socket.on("error", () => undefined);
}

const connections = (): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));

const nobodyStays = (): Promise<void> => eventually(async () => (await connections()) === 0, "every socket was closed");

test("a reset takes nothing down", async () => {
  for (let count = 0; count < 50; count += 1) ask((socket) => setImmediate(() => socket.resetAndDestroy()));
  await nobodyStays();
});

test("whoever goes on talking is read to the end, and stays no longer", async () => {
  const told = new Promise<string>((resolve) => {
    ask((socket) => socket.once("data", (data) => (resolve(data.toString()), socket.end("more"))));
  });
  assert.match(await told, /^HTTP\/1\.1 40[13] /);
  await nobodyStays();
});

test("whoever does not leave is cut off", async () => {
  await new Promise((resolve) => ask((socket) => resolve(socket.pause())));
  await eventually(async () => (await connections()) === 1, "the server saw it");
  await nobodyStays();
});
