// What is put in place now and acts later, and keys that go: each is named with what it will do, in the gate where values
// are lost and in every preview; what is usual is let be.
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { describeImpacts } from "../../../migrations/engine/impact/planTable";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { judgeExample } from "../../support/files/judgeExample";
import { exampleMigrations } from "../../support/files/ruleExample";

beforeAll(loadParser);

const named = (example: Example, rule: string): readonly string[] =>
  judgeExample(example, "prod").flatMap((one) =>
    one.rule === rule && one.severity === "error" ? [one.message] : [],
  );
const previewed = (example: Example): readonly string[] => {
  const files = exampleMigrations(example);
  const last = files.at(-1);
  return last === undefined ? [] : describeImpacts(impactsAmong(files, last).impacts);
};

/** A trigger of a table in use, and what its function does. */
const trigger = (
  body: string,
  { when = "BEFORE UPDATE", on = "dagapp.notes", first = "", declare = "" } = {},
): Example => ({
  body: `${first}CREATE FUNCTION dagapp.acts() RETURNS trigger LANGUAGE plpgsql AS $f$ ${declare} BEGIN ${body} END $f$;
CREATE TRIGGER acts ${when} ON ${on} FOR EACH ROW EXECUTE FUNCTION dagapp.acts();`,
});

describe("a trigger that gives the row other values", () => {
  it.each([
    ["a constant", "NEW.body := NULL; RETURN NEW;"],
    [
      "another column's",
      "IF NEW.note_id > 1 THEN NEW.body = NEW.note_id::text; END IF; RETURN NEW;",
    ],
    ["the old ones", "NEW := OLD; RETURN NEW;"],
    ["the old row", "RETURN OLD;"],
    ["a query's", "SELECT 'x' INTO NEW.body; RETURN NEW;"],
    ["a query's, into two", "SELECT 1, 'x' INTO NEW.note_id, NEW.body; RETURN NEW;"],
    ["a whole record's", "SELECT * INTO NEW FROM dagapp.notes LIMIT 1; RETURN NEW;"],
    ["a loop's", "FOREACH NEW.body IN ARRAY ARRAY['a'] LOOP END LOOP; RETURN NEW;"],
    ["a loop's record", "FOR NEW IN SELECT * FROM dagapp.notes LOOP END LOOP; RETURN NEW;"],
    ["of computed text", "EXECUTE 'SELECT 1' INTO NEW.body; RETURN NEW;"],
    ["a diagnostic's", "GET DIAGNOSTICS NEW.body = ROW_COUNT; RETURN NEW;"],
  ])("is refused: %s", (_what, body) => {
    const [message = ""] = named(trigger(body), "armed-code");
    expect(message).toMatch(/trigger acts of dagapp\.notes, on update will run later: /);
    expect(message).toMatch(/another value in each row|another row in the place|EXECUTE/);
    // With its text.
    expect(message).toContain("CREATE TRIGGER acts");
    expect(previewed(trigger(body)).join("\n")).toMatch(
      /runs later: trigger acts of dagapp\.notes/,
    );
  });

  it.each([
    ["when it was written", "NEW.body := now(); RETURN NEW;"],
    ["when, in a zone", "NEW.body := clock_timestamp() AT TIME ZONE 'UTC'; RETURN NEW;"],
    ["what was not given", "NEW.body := coalesce(NEW.body, 'x'); RETURN NEW;"],
    ["a variable of its own", "found := NEW.note_id > 1; RETURN NEW;"],
  ])("is let be where it says %s", (_what, body) => {
    expect(named(trigger(body), "armed-code")).toEqual([]);
  });

  it("is let be of what is new, of rows that come in, and of rows that are deleted", () => {
    const set = "NEW.body := NULL; RETURN NEW;";
    const added = "ALTER TABLE dagapp.notes ADD COLUMN fresh TEXT;\n";
    const fresh = trigger("NEW.fresh := upper(NEW.body); RETURN NEW;", { first: added });
    const table = "CREATE TABLE dagapp.mine (note_id INTEGER, body TEXT);\n";
    expect(named(fresh, "armed-code")).toEqual([]);
    expect(named(trigger(set, { first: table, on: "dagapp.mine" }), "armed-code")).toEqual([]);
    expect(named(trigger(set, { when: "BEFORE INSERT" }), "armed-code")).toEqual([]);
    const both = trigger("IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;", {
      when: "BEFORE UPDATE OR DELETE",
    });
    expect(named(both, "armed-code")).toEqual([]);
  });
});

it("names in every preview what a function does that only the application calls", () => {
  const example: Example = {
    before:
      "CREATE FUNCTION dagapp.tidy() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';",
    body: "CREATE OR REPLACE FUNCTION dagapp.tidy() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM dagapp.notes; UPDATE dagapp.jobs SET owner = NULL; END';",
  };
  expect(previewed(example)).toContainEqual(
    expect.stringMatching(
      /runs later: function dagapp\.tidy, when it is called: deletes rows of dagapp\.notes; overwrites rows of dagapp\.jobs\.$/,
    ),
  );
  const reads: Example = {
    body: "CREATE FUNCTION dagapp.looks() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM dagapp.notes';",
  };
  expect(previewed(reads).join()).not.toContain("runs later");
});

describe("a unique index", () => {
  const before =
    "CREATE UNIQUE INDEX notes_once ON dagapp.notes (note_id, body);\nCREATE UNIQUE INDEX notes_some ON dagapp.notes (body) WHERE note_id > 1;";
  const drop = "DROP INDEX CONCURRENTLY IF EXISTS dagapp.notes_once;";
  const of = (body: string, more = ""): readonly string[] =>
    named({ before: before + more, body }, "dropping-key");

  it.each([
    ["alone", drop],
    [
      "for one that is not unique",
      `CREATE INDEX CONCURRENTLY n ON dagapp.notes (note_id, body);\n${drop}`,
    ],
    [
      "for one of other columns",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id, body, (1));\n${drop}`,
    ],
    [
      "for one of some rows",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id) WHERE body = 'x';\n${drop}`,
    ],
    ["beside one of some rows", "DROP INDEX dagapp.notes_once;"],
    [
      "for one that goes, too",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);\n${drop}\nDROP INDEX dagapp.n;`,
    ],
    [
      "for one that goes under another name",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);\n${drop}\nALTER INDEX dagapp.n RENAME TO m;\nDROP INDEX dagapp.m;`,
    ],
    [
      "for one without a name that goes",
      `CREATE UNIQUE INDEX ON dagapp.notes (note_id);\n${drop}\nDROP INDEX dagapp.notes_note_id_idx;`,
    ],
    [
      "for a constraint that goes with its index",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);\nALTER TABLE dagapp.notes ADD CONSTRAINT u UNIQUE USING INDEX n;\n${drop}\nALTER TABLE dagapp.notes DROP CONSTRAINT u;`,
    ],
    [
      "for one that IF NOT EXISTS leaves as it is",
      `CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS notes_some ON dagapp.notes (note_id);\n${drop}`,
    ],
    [
      "for one that comes later",
      `${drop}\nCREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);`,
    ],
  ])("may not go %s", (_what, body) => {
    expect(of(body)).toEqual([
      expect.stringContaining(
        "dagapp.notes loses its unique index dagapp.notes_once on note_id, body",
      ),
    ]);
  });

  it.each([
    [
      "the same columns",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (body, note_id);\n${drop}`,
      "",
    ],
    ["fewer columns", `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);\n${drop}`, ""],
    [
      "one under the old name",
      `CREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);\nBEGIN;\nDROP INDEX dagapp.notes_once;\nALTER INDEX dagapp.n RENAME TO notes_once;\nCOMMIT;`,
      "",
    ],
    [
      "one made again in the same transaction",
      "BEGIN;\nDROP INDEX dagapp.notes_once;\nCREATE UNIQUE INDEX IF NOT EXISTS notes_once ON dagapp.notes (note_id);\nCOMMIT;",
      "",
    ],
    [
      "one whose remains are removed first",
      `DROP INDEX CONCURRENTLY IF EXISTS dagapp.n;\nCREATE UNIQUE INDEX CONCURRENTLY n ON dagapp.notes (note_id);\n${drop}`,
      "",
    ],
    ["another that is there", drop, "\nCREATE UNIQUE INDEX notes_id ON dagapp.notes (note_id);"],
  ])("may go where rows are kept apart by %s", (_what, body, more) => {
    expect(of(body, more)).toEqual([]);
  });
});

describe("a unique constraint", () => {
  const drop = "ALTER TABLE dagapp.notes DROP CONSTRAINT notes_u;\n";
  const add = (columns: string): string =>
    `ALTER TABLE dagapp.notes ADD CONSTRAINT notes_v UNIQUE (${columns});\n`;
  const of = (body: string): readonly string[] =>
    named(
      { before: "ALTER TABLE dagapp.notes ADD CONSTRAINT notes_u UNIQUE (note_id);", body },
      "dropping-key",
    );

  it.each([
    ["for one of more columns", `${add("note_id, body")}${drop}`],
    ["for one that comes later", `${drop}${add("note_id")}`],
    [
      "for one that goes, too",
      `${add("note_id")}${drop}ALTER TABLE dagapp.notes DROP CONSTRAINT notes_v;`,
    ],
    [
      "for one that goes under another name",
      `${add("note_id")}${drop}ALTER TABLE dagapp.notes RENAME CONSTRAINT notes_v TO w;\nALTER TABLE dagapp.notes DROP CONSTRAINT w;`,
    ],
  ])("may not go %s", (_what, body) => {
    expect(of(body)).toEqual([
      expect.stringContaining("dagapp.notes loses its unique constraint notes_u on note_id"),
    ]);
  });

  it.each([
    ["before it", `${add("note_id")}${drop}`],
    ["behind it in the same transaction", `BEGIN;\n${drop}${add("note_id")}COMMIT;`],
  ])("may go where another of its columns is made %s", (_what, body) => {
    expect(of(body)).toEqual([]);
  });
});
