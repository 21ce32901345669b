/**
 * Holds the stand-in for the engine (test/support/program/inProcess) to the engine: the same days of a stack in prod under
 * both end alike, with the same calls in the same order, the same refusals, outputs and database.
 */
import { readFile } from "node:fs/promises";

import { startServer } from "../../sandbox/server";
import { smallMigrations, ticketOf, versionOf } from "../support/files/smallMigrations";
import { InProcessStack } from "../support/program/inProcess/stack";
import type { Outcome } from "../support/program/outcome";
import { makePulumiHome, ProgramStack, removeFolder } from "../support/program/programStack";
import { makeTierDatabase, readLedger, type TierDatabase } from "../support/servers/tierDatabase";
import { useLifetimes } from "../support/servers/useLifetimes";

jest.setTimeout(600_000);

/** What both stacks can do, and what was done to which resource, in order: `create ddl:Ledger ledger`. */
interface Days {
  readonly stack: ProgramStack | InProcessStack;
  run(command: "up" | "preview", ...flags: readonly string[]): Promise<readonly string[]>;
  last(): Outcome;
}

const endLater = useLifetimes();
let home: string;

beforeAll(async () => {
  home = await makePulumiHome();
  endLater(() => removeFolder(home));
});

/** On a server of its own, of which the whole catalog is compared. */
async function makeDatabase(): Promise<TierDatabase> {
  const server = await startServer();
  endLater(() => server.stop());
  return makeTierDatabase(server);
}

const options = {
  tier: "prod",
  files: smallMigrations([{}, {}]),
  config: { targetVersion: versionOf(2), extensions: ["unaccent"] },
} as const;

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: { readonly op: string; readonly urn: string } };
}

const called = (operation: string, type: string, name: string): string =>
  `${operation} ${type.split("$").at(-1) ?? ""} ${name}`;

async function underTheEngine(): Promise<Days> {
  const stack = await ProgramStack.make(await makeDatabase(), { ...options, home });
  endLater(() => stack.remove());
  let outcome: Outcome;
  // One JSON object a line; the engine has the flag among its commands for debugging.
  const log = `${stack.folder}/events.json`;
  return {
    stack,
    last: () => outcome,
    async run(command, ...flags) {
      await removeFolder(log);
      const { variables } = stack;
      stack.variables = { ...variables, PULUMI_DEBUG_COMMANDS: "1" };
      outcome = await stack[command]("--event-log", log, ...flags);
      stack.variables = variables;
      const events = (await readFile(log, "utf8"))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as EngineEvent);
      return events.flatMap(({ resourcePreEvent: event }) => {
        // The engine's own providers, which nobody declares.
        if (event === undefined || /::pulumi:providers:.*::default$/.test(event.metadata.urn))
          return [];
        const [, , type = "", name = ""] = event.metadata.urn.split("::");
        return [called(event.metadata.op, type, name)];
      });
    },
  };
}

async function inThisProcess(): Promise<Days> {
  const stack = await InProcessStack.make(await makeDatabase(), options);
  endLater(() => stack.remove());
  let outcome: Outcome;
  return {
    stack,
    last: () => outcome,
    async run(command, ...flags) {
      const ended = await stack[command](...flags);
      outcome = ended;
      return ended.steps.map(({ operation, type, name }) => called(operation, type, name));
    },
  };
}

/** What differs from one database to the next, and from one moment to the next, under one name. */
function neutral(text: string, { name, roles }: TierDatabase): string {
  return [...Object.entries(roles), ["database", name] as const]
    .reduce((rest, [role, own]) => rest.replaceAll(own, `<${role}>`), text)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/127\.0\.0\.1:\d+/g, "<server>");
}

/** A refresh reads every resource; the engine tells of each, the stand-in of those alone that differ. */
const isDone = (call: string): boolean => !call.startsWith("refresh ");

/** Those of our own resources come one after another; what is beside them has no order. */
const isOurs = (call: string): boolean => call.includes("pulumi-nodejs:dynamic/");

/** Everything that a command leaves: how it ended, what it called, what it refused, what is published and recorded. */
async function lookAt(days: Days, calls: readonly string[]): Promise<object> {
  const { status, output } = days.last();
  const { database } = days.stack;
  const events = await database.sql(
    "superuser",
    "SELECT kind, version, segment, ticket FROM public.schema_migration_events ORDER BY id",
  );
  const found = {
    succeeded: status === 0,
    changesFound: status === 7,
    ours: calls.filter(isDone).filter(isOurs),
    all: calls.filter(isDone).sort(),
    rules: [...new Set(output.match(/rule [\w-]+ \| tier \w+ \| \w+/g))].sort(),
    outputs: await days.stack.outputs(),
    ledger: await readLedger(database),
    events,
    // The number of a database is the server's own.
    catalog: (await database.catalog()).map((line) => line.replace(/^setting \d+/, "setting")),
  };
  return JSON.parse(neutral(JSON.stringify(found), database)) as object;
}

type Day = readonly [what: string, live: (days: Days) => Promise<readonly string[]>];

const tickets = (...numbers: readonly number[]): Readonly<Record<string, string>> => ({
  DDL_TICKETS: numbers.map(ticketOf).join(","),
});

const story: readonly Day[] = [
  ["up without tickets makes all but the migrations", (days) => days.run("up")],
  [
    "a preview with them",
    (days) => {
      days.stack.variables = tickets(1, 2);
      return days.run("preview");
    },
  ],
  ["up applies", (days) => days.run("up")],
  [
    "up finds nothing to do",
    (days) => {
      days.stack.variables = {};
      return days.run("up");
    },
  ],
  [
    "drift is found",
    async (days) => {
      const { database } = days.stack;
      const service = `"${database.roles.service}"`;
      await database.sql("admin", `GRANT CREATE ON SCHEMA dagapp TO ${service}`);
      await database.sql("admin", `ALTER ROLE ${service} CONNECTION LIMIT 7`);
      return days.run("preview", "--expect-no-changes");
    },
  ],
  ["up mends it", (days) => days.run("up", "--refresh")],
  [
    "a lower target takes back",
    async (days) => {
      days.stack.variables = { DDL_TICKETS: "CHG-2026-0999" };
      await days.stack.configure({ ...options.config, targetVersion: versionOf(1) });
      return days.run("up");
    },
  ],
  [
    "a state that was lost is made anew",
    async (days) => {
      days.stack.variables = {};
      await days.stack.forgetState();
      return days.run("up");
    },
  ],
  ["and nothing is left to do", (days) => days.run("preview", "--expect-no-changes")],
];

it("does what the engine does, day by day", async () => {
  const [engine, stand] = [await underTheEngine(), await inThisProcess()];
  for (const [what, live] of story) {
    const real = await lookAt(engine, await live(engine));
    const ours = await lookAt(stand, await live(stand));
    expect({ what, ...ours }).toEqual({ what, ...real });
  }
});
