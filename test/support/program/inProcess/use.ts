/**
 * A server, and on it as many stacks without the engine's process as the tests of a file need.
 * Does NOT choose what is in them.
 */
import { type PostgresServer, startServer } from "../../../../sandbox/server";
import { makeTierDatabase, type TierDatabase } from "../../servers/tierDatabase";
import { type InProcessOptions, InProcessStack } from "./stack";

export interface InProcessStacks {
  readonly server: PostgresServer;
  /** A stack with a database of its own, unless one is given; removed when the file's tests have ended. */
  make(options: InProcessOptions, database?: TierDatabase): Promise<InProcessStack>;
}

/** Registers a server for the tests of the enclosing `describe` or file; nobody but the tests writes on it. */
export function useInProcessStacks(): InProcessStacks {
  let server: PostgresServer;
  const stacks: InProcessStack[] = [];
  beforeAll(async () => {
    server = await startServer({ settings: { autovacuum: "off" } });
  });
  afterAll(async () => {
    for (const stack of stacks) await stack.remove();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    async make(options, database) {
      const stack = await InProcessStack.make(
        database ?? (await makeTierDatabase(server)),
        options,
      );
      stacks.push(stack);
      return stack;
    },
  };
}
