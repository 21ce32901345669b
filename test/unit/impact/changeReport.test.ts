// What a preview says of a migration and of a rollback, to the letter.
import {
  describeChanges,
  describeRollbacks,
  summariseChanges,
} from "../../../migrations/engine/impact/changeReport";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

describe("describeChanges", () => {
  it("names who and what, each lock and the rollback, and leaves out the checks", () => {
    const first = makeMigration({
      name: "001_first",
      version: "1.0.0",
      body: "BEGIN;\nCREATE TABLE dagapp.jobs (id INTEGER);\nCOMMIT;",
    });
    const second = makeMigration({
      name: "002_more",
      version: "1.1.0",
      body: "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN note TEXT;\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON dagapp.jobs (note);",
    });
    const [text = ""] = describeChanges([second], [first, second]);
    expect(text).toContain("002_more.sql: version 1.1.0, ticket CHG-2026-0142; 2 steps");
    expect(text).toContain("\n  by Ada, reviewed by Grace\n");
    expect(text).toContain("2 steps, each kept when the next one fails");
    expect(text).toMatch(/ACCESS EXCLUSIVE +reads and writes +ALTER TABLE dagapp\.jobs ADD COLUMN/);
    expect(text).toMatch(/SHARE UPDATE EXCLUSIVE .* CREATE INDEX CONCURRENTLY dagapp\.jobs/);
    expect(text).toContain("rollback 002_more_rollback.sql, tested: yes");
    expect(text).not.toContain("DO ");
    const [known = ""] = describeChanges([second], [first, second], () => ["qa measured: it"]);
    expect(known).toContain("\n  qa measured: it\n  rollback 002_more_rollback.sql");
  });
});

it("says of each file in a line what others notice", () => {
  const first = makeMigration({ name: "001_first", version: "1.0.0" });
  const second = makeMigration({
    name: "002_more",
    version: "1.1.0",
    body: "BEGIN;\nALTER TABLE dagapp.jobs ADD COLUMN note TEXT;\nCREATE TABLE dagapp.x (a INT);\nCOMMIT;",
  });
  const [, ...lines] = summariseChanges([first, second], [first, second]);
  expect(lines[0]).toMatch(/^ {2}001_first.sql {2}none +\d+ statements?$/);
  expect(lines[1]).toBe("  002_more.sql   medium  1 of 2 noticed  stops reads and writes");
});

describe("describeRollbacks", () => {
  it("adds what would be lost", () => {
    const file = makeMigration({
      name: "001_first",
      version: "1.0.0",
      body: "BEGIN;\nCREATE TABLE dagapp.jobs (id INTEGER);\nCOMMIT;",
      rollbackBody: "DROP TABLE IF EXISTS dagapp.jobs;",
    });
    const losses = new Map([["001_first.sql", ["about 7 rows of dagapp.jobs"]]]);
    const [text = ""] = describeRollbacks([file], [file], losses);
    expect(text).toContain("001_first_rollback.sql: takes back version 1.0.0");
    expect(text).toMatch(/ACCESS EXCLUSIVE .* DROP TABLE dagapp\.jobs/);
    expect(text).toContain("about 7 rows of dagapp.jobs");
  });
});
