/** What a user who gets something wrong sees: every mistake, once, in words, and nothing has been declared. */
import { smallMigrations } from "../support/files/smallMigrations";
import type { InProcessStack } from "../support/program/inProcess/stack";
import { useInProcessStacks } from "../support/program/inProcess/use";
import { diagnostics, done } from "../support/program/outcome";
import type { TierDatabase } from "../support/servers/tierDatabase";

jest.setTimeout(300_000);

const stacks = useInProcessStacks();
let database: TierDatabase;
let stack: InProcessStack;

beforeAll(async () => {
  const files = smallMigrations([{}]);
  stack = await stacks.make({ tier: "dev", files, config: { extensions: [] } });
  ({ database } = stack);
});
beforeEach(async () => {
  stack.variables = {};
  await stack.configure({ extensions: [] });
  await stack.replaceMigrations(smallMigrations([{}]));
});

/** Runs a command that must be refused; returns what it says. */
async function refusal(command: "preview" | "up" = "preview"): Promise<string> {
  const before = await database.nextTransaction();
  const { status, output } = await stack[command]();
  expect(status).not.toBe(0);
  expect(output).not.toContain("postgresql:index");
  expect(output).not.toContain("ddl:Migration");
  expect(await database.nextTransaction()).toBe(before);
  return output;
}
const occurrences = (output: string, part: string): number =>
  diagnostics(output).split(part).length - 1;

it("lists everything that is wrong with the files at once", async () => {
  const good = smallMigrations([{}, {}]);
  const text = (name: string): string => good[name] ?? "";
  await stack.replaceMigrations({
    ...good,
    "002_table_2.sql": text("002_table_2.sql").replace("CREATE TABLE", "CREATE TABEL"),
    "003_no_header.sql": "SELECT 1;\n",
    "004_empty.sql": "",
    "005_SHOUTING.sql": text("001_table_1.sql"),
    "006_orphan_rollback.sql": text("001_table_1_rollback.sql"),
  });
  const output = await refusal();
  for (const line of [
    /002_table_2\.sql:\d+:\d+: .*TABEL.*\[SYNTAX_ERROR\]/,
    /003_no_header\.sql.*\[HEADER_\w+\]/,
    /004_empty\.sql.*\[FILE_EMPTY\]/,
    /005_SHOUTING\.sql.*\[WRONG_NAME\]/,
    /006_orphan_rollback\.sql.*\[ORPHAN_ROLLBACK\]/,
  ]) {
    expect(output).toMatch(line);
  }
  expect(occurrences(output, "problems in the migration files:")).toBe(1);
});

it("lists everything that is wrong with the configuration at once", async () => {
  await stack.configure({
    tier: "Prod",
    schemas: ["dagapp", "public"],
    migrator: "stranger",
  });
  stack.variables = { DDL_SSLMODE: "prefer", DDL_PORT: "many" };
  const output = await refusal();
  for (const line of [
    'Tier "Prod" is unknown.',
    'port: "many" is not a whole number',
    'sslmode: "prefer" is not one of disable',
    "schemas: public holds the ledger",
    "migrator: stranger is not among migrators",
  ]) {
    expect(occurrences(output, line)).toBe(1);
  }
});

const unreachable = [
  ["an unreachable server", { DDL_PORT: "1" }, "No server listens on 127.0.0.1:1."],
  ["a missing database", { DDL_DATABASE: "nowhere" }, "The database nowhere does not exist."],
] as const;

it.each([
  ...unreachable,
  ["a wrong password", { DDL_ADMIN_PASSWORD: "not this" }, "The server refuses the password of"],
] as const)(
  "says in one line what is wrong with %s, and changes nothing",
  async (_, variables, line) => {
    stack.variables = variables;
    const output = await refusal("up");
    expect(occurrences(output, line)).toBe(1);
    expect(output).toContain("Hint: ");
    expect(output).not.toContain("not this");
  },
);

it("does not take a server that lets nobody in for one that is not there yet", async () => {
  stack.variables = { DDL_ADMIN_PASSWORD: "not this" };
  expect(await refusal()).toContain("The server refuses the password of");
});

it.each(unreachable)(
  "previews a stack that was never brought up by its files alone: %s",
  async (_, variables, line) => {
    stack.variables = variables;
    const output = done(await stack.preview("--diff"));
    expect(occurrences(output, line)).toBe(1);
    expect(output).toContain("what follows comes from files and configuration alone");
    expect(output).toMatch(/"L\d+ CREATE TABLE dagapp\.t1/);
    expect(output).toContain('"the database could not be looked at"');
    expect(output).toMatch(/\+ postgresql:index\/role:Role/);
  },
);

it("does not preview by its files alone what was brought up once", async () => {
  done(await stack.up());
  stack.variables = { DDL_PORT: "1" };
  const { status, output } = await stack.preview();
  expect(status).not.toBe(0);
  expect(output).toContain("No server listens on 127.0.0.1:1.");
  expect(output).not.toContain("from files and configuration alone");
});
