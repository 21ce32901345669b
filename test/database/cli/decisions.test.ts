// Decisions from the command line: validate, signoff, acknowledge, break-glass. What they mean is in decisions.test.ts.
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { smallMigrations } from "../../support/files/smallMigrations";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import { apply, arrange } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let project: DdlProject;

beforeAll(async () => {
  const configuration = { tier: "uat", targetVersion: "0.2.0" };
  database = await suite.database({ configuration });
  project = await makeDdlProject(database, smallMigrations([{}, {}]));
  const { migrations } = await loadMigrations(project.migrations);
  const [first, second] = migrations;
  if (first === undefined || second === undefined) throw new Error("two migrations were written");
  await apply(database, first);
  await apply(database, second, { lower: ["0.1.0"] });
});
afterAll(() => project.remove());

const vouching = ["--by", "Ada", "--reason", "x"];
const decide = (...words: readonly string[]) => project.runWords([...words, "--stack", "uat"]);

/** The newest event. */
async function newest(): Promise<Record<string, unknown>> {
  const [row = {}] = await database.rows(
    "SELECT kind, version, login::text, ticket, detail FROM public.schema_migration_events ORDER BY id DESC LIMIT 1",
  );
  return row;
}

it("validates and signs off, by the approver, in this order", async () => {
  const early = await decide("signoff", "0.1.0", "--by", "Eve Holt");
  expect(early).toMatchObject({ status: 1, stdout: "" });
  expect(early.stderr).toContain("0.1.0 was not validated in uat yet.");

  const login = database.names.approver;
  const validated = await decide(
    "validate",
    "0.1.0",
    "--by",
    "Ada Moss",
    "--note",
    "gallery works",
  );
  expect(validated).toMatchObject({ status: 0, stderr: "" });
  expect(validated.stdout).toMatch(
    new RegExp(
      `^0\\.1\\.0 validated by Ada Moss at .* UTC \\(login ${login}, sha256:\\w{64}\\)\n$`,
    ),
  );
  expect(await newest()).toMatchObject({
    ...{ kind: "validated", version: "0.1.0", login },
    detail: { by: "Ada Moss", reason: "gallery works" },
  });
  const signed = await decide("signoff", "0.1.0", "--by", "Eve Holt");
  expect(signed.stdout).toMatch(/^0\.1\.0 signed off by Eve Holt at /);
  expect(await newest()).toMatchObject({ kind: "signed-off", login });
  const shown = await project.run("status --stack uat");
  expect(shown.stdout).toContain("validated by Ada Moss, signed off by Eve Holt\n");
});

it("acknowledges what was run by hand, once, with a word on each difference from its file", async () => {
  await database.rows("DELETE FROM public.schema_migration_events WHERE version = '0.2.0'");
  await arrange(database, "ALTER TABLE dagapp.t2 ADD COLUMN handmade TEXT");
  const said = ["--by", "Ada Moss", "--reason", "run with psql"];
  const refused = await decide("acknowledge", "0.2.0", ...said);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain("table dagapp.t2: column handmade: not in the files");
  expect(refused.stderr).toContain("Nothing was recorded: 1 difference(s)");
  expect(await newest()).not.toMatchObject({ kind: "acknowledged" });

  const word = ["--vouch", "table dagapp.t2: column handmade=kept until 003"];
  const done = await decide("acknowledge", "0.2.0", ...said, ...word);
  expect(done.stdout).toMatch(
    /^0\.2\.0 acknowledged by Ada Moss at .*\n {2}stays: table dagapp\.t2: column handmade: kept until 003\n$/,
  );
  expect((await decide("status")).stdout).toContain("1 difference stands on somebody's word:");
  const again = await decide("acknowledge", "0.2.0", ...said);
  expect(again).toMatchObject({ status: 1, stdout: "" });
  expect(again.stderr).toContain("What ran as version 0.2.0 is on record");
});

it("tells of a change by hand, lists it, and takes one person's word for it", async () => {
  await arrange(database, "ALTER TABLE dagapp.t1 ADD COLUMN extra TEXT", "DROP TABLE dagapp.t2");
  const changes = ["table dagapp.t1: column extra is new", "table dagapp.t2 is gone"];
  const lines = `2 objects were changed by hand since version 0\\.2\\.0 was acknowledged at \\S+:\n *${changes.join("\n *")}`;
  const planned = await decide("plan");
  expect(planned.status).toBe(1);
  expect(planned.stdout).toMatch(
    new RegExp(
      `${lines}\n  error schema-drift \\| tier uat\n  Why: [^]*?\n  Do:   undo what must not`,
    ),
  );
  const shown = await decide("status");
  expect(shown.stdout).toMatch(new RegExp(lines));

  const said = ["--by", "Ada Moss", "--reason", "incident 4711"];
  const vouched = await decide("acknowledge", "--schema", ...said);
  expect(vouched).toMatchObject({ status: 0, stderr: "" });
  expect(vouched.stdout).toBe(
    `  ${changes.join("\n  ")}\n2 objects were changed; what is there now was acknowledged by Ada Moss: incident 4711\n`,
  );
  expect(await newest()).toMatchObject({
    ...{ kind: "acknowledged", version: null, login: database.names.approver },
    detail: { by: "Ada Moss", reason: "incident 4711", changes },
  });
  expect((await decide("status")).stdout).not.toContain("changed by hand");
  const again = await decide("acknowledge", "--schema", ...said);
  expect(again.stderr).toContain("The schemas are as they should be.");
});

it("opens an emergency, shows it everywhere, and closes it", async () => {
  const why = ["--reason", "disk full", "--approved-by", "Ann Duty", "--ticket"];
  expect((await decide("break-glass", "open", ...why, "911")).status).toBe(1);
  const opened = await decide("break-glass", "open", ...why, "CHG-2026-0911");
  expect(opened.stdout).toMatch(
    /^Break-glass open since .* for CHG-2026-0911, approved by Ann Duty \(login admin_\w+\)\n$/,
  );
  for (const command of ["status", "plan"]) {
    const { stdout } = await decide(command);
    expect(stdout).toMatch(/\nBreak-glass is open since .* for CHG-2026-0911: disk full/);
  }
  const closed = await decide("break-glass", "close", "--by", "Ann Duty", "--note", "disk cleared");
  expect(closed.stdout).toMatch(/^Break-glass of CHG-2026-0911, open since .*, is closed\n$/);
  expect(await newest()).toMatchObject({
    kind: "break-glass-closed",
    detail: { by: "Ann Duty", note: "disk cleared" },
  });
  expect((await decide("status")).stdout).not.toContain("Break-glass");
});

it("records nothing when it is called wrongly", async () => {
  const before = await newest();
  const refusals: readonly (readonly [words: readonly string[], message: string])[] = [
    [["signoff", "0.1.0"], "ddl signoff needs --by."],
    [["validate", "--by", "Ada"], "ddl validate needs VERSION."],
    [["acknowledge", "0.2.0", "--by", "Ada"], "ddl acknowledge needs --reason."],
    [["acknowledge", "0.9.0", "--by", "Ada", "--reason", "x"], "No migration has version 0.9.0."],
    [["acknowledge", ...vouching], "ddl acknowledge needs VERSION or --schema."],
    [["acknowledge", "0.2.0", "--schema", ...vouching], "VERSION and --schema say two different"],
    [["acknowledge", "--schema", ...vouching, "--vouch", "a=b"], "--vouch goes with VERSION"],
    [["break-glass", "open", "--reason", "x"], "ddl break-glass open needs --ticket."],
    [["break-glass", "close"], "ddl break-glass close needs --by."],
  ];
  const outcomes = await Promise.all(refusals.map(([words]) => decide(...words)));
  for (const [index, { status, stdout, stderr }] of outcomes.entries()) {
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(refusals[index]?.[1] ?? "no such refusal");
  }
  expect(await newest()).toEqual(before);
});
