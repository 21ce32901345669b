/**
 * One server for a suite, with databases governed by the program's own code, which end by themselves (see
 * useLifetimes.ts). Does NOT run a migration, nor the Pulumi engine (see ../program/useProgramStacks.ts).
 */
import { type PostgresServer, type ServerOptions, startServer } from "../../../sandbox/server";
import { makeProgramDatabase, type Making, type ProgramDatabase } from "./programDatabase";
import { type End, useLifetimes } from "./useLifetimes";

export interface SuiteServer {
  /** The server, from the suite's first `beforeAll` on. */
  readonly server: PostgresServer;
  /** Makes a database. */
  database(making?: Making): Promise<ProgramDatabase>;
  /** Takes what else has to end before the server does, such as a session. */
  endLater(end: End): void;
}

/** Registers the hooks of the describe block that calls it: call it before the block's own. */
export function useServer(options: ServerOptions = {}): SuiteServer {
  const endLater = useLifetimes();
  let server: PostgresServer | undefined;
  const running = (): PostgresServer => {
    if (server === undefined) throw new Error("the server is started by a beforeAll of the suite");
    return server;
  };

  beforeAll(async () => {
    const started = await startServer(options);
    endLater(() => started.stop());
    server = started;
  });

  return {
    get server() {
      return running();
    },
    async database(making) {
      const database = await makeProgramDatabase(running(), making);
      endLater(() => database.close());
      return database;
    },
    endLater,
  };
}
