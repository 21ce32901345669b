/**
 * Stacks of the whole program under the Pulumi engine, for a suite: one server, one home of pulumi, and databases and
 * stacks that end by themselves (see ../servers/useLifetimes.ts). Does NOT run a command of pulumi (see programStack.ts).
 */
import { type PostgresServer, type ServerOptions, startServer } from "../../../sandbox/server";
import { makeTierDatabase, type TierDatabase, type TierNames } from "../servers/tierDatabase";
import { useLifetimes } from "../servers/useLifetimes";
import { makePulumiHome, type ProgramOptions, ProgramStack, removeFolder } from "./programStack";

export interface SuiteStacks {
  /** Makes a database of one tier, with the names given. */
  database(names?: TierNames): Promise<TierDatabase>;
  /** Makes a stack for a database; nothing of it has run yet. */
  stack(database: TierDatabase, options: Omit<ProgramOptions, "home">): Promise<ProgramStack>;
}

/** Registers the hooks of the describe block that calls it: call it before the block's own. */
export function useProgramStacks(options: ServerOptions = {}): SuiteStacks {
  const endLater = useLifetimes();
  let started: { readonly server: PostgresServer; readonly home: string } | undefined;
  const running = () => {
    if (started === undefined) throw new Error("the server is started by a beforeAll of the suite");
    return started;
  };

  beforeAll(async () => {
    const server = await startServer(options);
    endLater(() => server.stop());
    const home = await makePulumiHome();
    endLater(() => removeFolder(home));
    started = { server, home };
  });

  return {
    database: (names) => makeTierDatabase(running().server, names),
    async stack(database, made) {
      const stack = await ProgramStack.make(database, { ...made, home: running().home });
      endLater(() => stack.remove());
      return stack;
    },
  };
}
