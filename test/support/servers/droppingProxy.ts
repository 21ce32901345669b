/**
 * A pooler that passes everything on but the options of the start-up message, as PgBouncer does when it is told to ignore
 * them. Does NOT share connections (see poolingProxy.ts).
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface DroppingProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** The start-up message without its parameter `options`. */
function withoutOptions(message: Buffer): Buffer {
  const texts = message.subarray(8).toString("utf8").split("\0");
  const kept: string[] = [];
  for (let at = 0; at + 1 < texts.length; at += 2) {
    const [name, value] = [texts[at] ?? "", texts[at + 1] ?? ""];
    if (name !== "" && name !== "options") kept.push(name, value);
  }
  const body = Buffer.from(`${kept.join("\0")}\0\0`, "utf8");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  message.copy(head, 4, 4, 8);
  return Buffer.concat([head, body]);
}

/** Starts it in front of a server on the loopback address. */
export async function startDroppingProxy(serverPort: number): Promise<DroppingProxy> {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.once("data", (message) => {
      server.write(withoutOptions(message));
      client.pipe(server);
    });
    server.pipe(client);
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
