/**
 * A connection pooler in transaction mode, as small as one can be: between two transactions every server connection is
 * anybody's. Does NOT encrypt, cancel or reset anything, and knows one database and one login at a time.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface PoolingProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** The status byte of the last ReadyForQuery in these bytes, or null. Messages must be whole. */
function lastStatus(bytes: Buffer): string | null {
  let status: string | null = null;
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
    if (bytes[at] === "Z".charCodeAt(0)) status = String.fromCharCode(bytes[at + 5] ?? 0);
  }
  return status;
}

/** Length of the whole messages at the start of the bytes. */
function wholeLength(bytes: Buffer): number {
  let at = 0;
  while (at + 5 <= bytes.length) {
    const next = at + 1 + bytes.readUInt32BE(at + 1);
    if (next > bytes.length) break;
    at = next;
  }
  return at;
}

interface ServerSide {
  readonly socket: Socket;
  client: Socket | null;
  rest: Buffer;
}

/** Starts it in front of a server on the loopback address. */
export async function startPoolingProxy(
  serverPort: number,
  order: "last used first" | "in turn",
): Promise<PoolingProxy> {
  const idle: ServerSide[] = [];
  const waiting: ((server: ServerSide) => void)[] = [];
  const servers = new Set<ServerSide>();
  const sockets = new Set<Socket>();

  const release = (server: ServerSide): void => {
    server.client = null;
    const next = waiting.shift();
    if (next === undefined) idle.push(server);
    else next(server);
  };
  const open = (client: Socket): ServerSide => {
    const socket = connect(serverPort, "127.0.0.1");
    sockets.add(socket);
    const server: ServerSide = { socket, client, rest: Buffer.alloc(0) };
    servers.add(server);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      const bytes = Buffer.concat([server.rest, data]);
      const length = wholeLength(bytes);
      server.rest = bytes.subarray(length);
      const whole = bytes.subarray(0, length);
      server.client?.write(whole);
      if (lastStatus(whole) === "I") release(server);
    });
    return server;
  };

  const proxy = createServer((client) => {
    sockets.add(client);
    client.on("error", () => undefined);
    // Logging in takes a server connection of its own, which then is anybody's.
    const own = open(client);
    let loggedIn = false;
    own.socket.on("data", () => {
      loggedIn ||= own.client === null;
    });
    client.on("data", (data) => {
      if (!loggedIn) {
        own.socket.write(data);
        return;
      }
      // Terminate ends the client, not the server connection.
      if (data[0] === "X".charCodeAt(0)) {
        client.end();
        return;
      }
      const held = [...servers].find((server) => server.client === client);
      const send = (server: ServerSide): void => {
        server.client = client;
        server.socket.write(data);
      };
      if (held !== undefined) send(held);
      else {
        const server = order === "in turn" ? idle.shift() : idle.pop();
        if (server === undefined) waiting.push(send);
        else send(server);
      }
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => {
          resolve();
        });
      }),
  };
}
