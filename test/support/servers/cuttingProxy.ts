/**
 * Stands between a run and the server, counts what the run asks, and lets something happen at one of these points.
 * Does NOT count the sessions that only look (watch, pre-flight): how often they ask depends on the clock.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Where in time: before the server gets the question, or when it has it and the answer is not back. */
export type Moment = "before" | "after";

export interface CuttingProxy {
  readonly port: number;
  /** How many questions have come so far: queries, each with all of its protocol messages. */
  readonly asked: () => number;
  /** Lets `act` happen at a question, counted from 1 from now on. */
  arm(question: number, moment: Moment, act: () => Promise<void> | void): void;
  /** Cuts every connection, as a network does. What the server has got it still carries out. */
  cut(): void;
  close(): Promise<void>;
}

const counted = /rmhgeoapi-database: (?:migration|rollback|runner lock)/;
const letters = { query: 0x51, sync: 0x53, terminate: 0x58 } as const;
const endsQuestion = new Set<number>([letters.query, letters.sync, letters.terminate]);

/** Cuts bytes into questions; the last part may be unfinished. */
function questionsIn(bytes: Buffer): { readonly whole: readonly Buffer[]; readonly rest: Buffer } {
  const whole: Buffer[] = [];
  let from = 0;
  for (let at = 0; at + 5 <= bytes.length;) {
    const next = at + 1 + bytes.readUInt32BE(at + 1);
    if (next > bytes.length) break;
    if (endsQuestion.has(bytes[at] ?? 0)) {
      whole.push(bytes.subarray(from, next));
      from = next;
    }
    at = next;
  }
  return { whole, rest: bytes.subarray(from) };
}

/** Starts it in front of a server on the loopback address. */
export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  let asked = 0;
  let armed: { question: number; moment: Moment; act: () => Promise<void> | void } | null = null;
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();

  const happen = async (moment: Moment): Promise<void> => {
    if (armed?.question !== asked || armed.moment !== moment) return;
    const { act } = armed;
    armed = null;
    await act();
  };
  const forward = async (server: Socket, question: Buffer): Promise<void> => {
    asked += 1;
    await happen("before");
    if (server.writable) await new Promise((resolve) => server.write(question, resolve));
    await happen("after");
  };

  const proxy = createServer((client) => {
    const server = connect(serverPort, "127.0.0.1");
    const pair = { client, server };
    pairs.add(pair);
    let isCounted: boolean | null = null;
    let isReady = false;
    let rest = Buffer.alloc(0);
    let queue = Promise.resolve();
    for (const socket of [client, server]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        client.destroy();
        server.end();
      });
    }
    server.on("data", (data) => {
      // ReadyForQuery ends the login.
      if (data.subarray(-6, -5).toString() === "Z") isReady = true;
      if (client.writable) client.write(data);
    });
    client.on("data", (data) => {
      isCounted ??= counted.test(data.toString("latin1"));
      if (!isCounted || !isReady) {
        server.write(data);
        return;
      }
      const { whole, rest: unfinished } = questionsIn(Buffer.concat([rest, data]));
      rest = Buffer.from(unfinished);
      for (const question of whole) queue = queue.then(() => forward(server, question));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.end();
    }
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    asked: () => asked,
    arm: (question, moment, act) => {
      asked = 0;
      armed = { question, moment, act };
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        cut();
        proxy.close(() => {
          resolve();
        });
      }),
  };
}
