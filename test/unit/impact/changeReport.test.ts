// What a preview says of a migration and of a rollback, to the letter.
import { describeChanges, describeRollbacks } from "../../../migrations/engine/impact/changeReport";
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
    expect(text).toContain(
      "002_more.sql: version 1.1.0, ticket CHG-2026-0142, by Ada, reviewed by Grace",
    );
    expect(text).toContain("2 steps, each kept when the next one fails");
    expect(text).toMatch(/ALTER TABLE dagapp\.jobs ADD COLUMN +ACCESS EXCLUSIVE/);
    expect(text).toMatch(/CREATE INDEX CONCURRENTLY dagapp\.jobs +SHARE UPDATE EXCLUSIVE/);
    expect(text).toContain("rollback 002_more_rollback.sql, tested: yes");
    expect(text).not.toContain("DO ");
    const [known = ""] = describeChanges([second], [first, second], () => ["qa measured: it"]);
    expect(known).toContain("\n  qa measured: it\n  rollback 002_more_rollback.sql");
  });
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
    expect(text).toMatch(/DROP TABLE dagapp\.jobs +ACCESS EXCLUSIVE/);
    expect(text).toContain("about 7 rows of dagapp.jobs");
  });
});
