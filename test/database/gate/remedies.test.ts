/**
 * What a remedy gives as SQL can be pasted: the parser takes each statement of it, and the server runs it in the place of
 * what was refused, or behind it.
 */
import type { Example } from "../../../migrations/engine/gate/input/examples";
import { parseStatements } from "../../../migrations/engine/sql/parser";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { judgeExample } from "../../support/files/judgeExample";
import { exampleMigrations } from "../../support/files/ruleExample";
import { fileRulePages } from "../../support/files/rulePages";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Where a statement begins in the words of a remedy, and how far it goes. */
const statementForm = new RegExp(
  "(?:DO \\$\\$[^]*?\\$\\$|(?:" +
    [
      "CREATE (?:OR REPLACE |UNIQUE |MATERIALIZED )*(?:TABLE|INDEX|VIEW|TRIGGER|FUNCTION|TYPE)",
      "ALTER (?:TABLE|TYPE|DOMAIN|INDEX|FUNCTION|SEQUENCE)",
      "DROP (?:MATERIALIZED )?(?:TABLE|INDEX|VIEW|TRIGGER|POLICY|RULE|FUNCTION|TYPE|SEQUENCE|PUBLICATION)",
      "UPDATE \\S+ (?:AS \\w+ )?SET",
      "DELETE FROM",
      "INSERT INTO",
      "REFRESH MATERIALIZED",
      "REINDEX (?:INDEX|TABLE|SCHEMA)",
      "COMMENT ON",
    ].join("|") +
    ")(?:'(?:[^']|'')*'|[^;'])*);",
  "g",
);

const statementsIn = (remedy: string): readonly string[] => remedy.match(statementForm) ?? [];

/** Further cases: what the pages' examples do not show of a remedy. */
const others: readonly Example[] = [
  { body: "ALTER TABLE dagapp.jobs ADD COLUMN n NUMERIC(10, 2) DEFAULT (1 + 2) NOT NULL;" },
  { body: "ALTER TABLE dagapp.jobs ADD COLUMN n VARCHAR(20)[] NOT NULL;" },
  { body: "ALTER TABLE dagapp.jobs ADD COLUMN n TEXT DEFAULT md5(random()::TEXT);" },
  { body: "ALTER TABLE dagapp.jobs ADD COLUMN n BIGSERIAL;" },
  { body: "ALTER TABLE dagapp.jobs ALTER COLUMN stage TYPE NUMERIC(12, 3);" },
  { body: "ALTER TABLE dagapp.jobs RENAME COLUMN span TO period;" },
  { body: "ALTER TABLE dagapp.jobs ADD CHECK (stage > 0 AND (owner <> 'x)'));" },
  { body: "ALTER DOMAIN dagapp.ordinal ADD CHECK (VALUE > 0);" },
  { body: "ALTER DOMAIN dagapp.ordinal SET NOT NULL;" },
  { body: "CREATE PUBLICATION jobs_out FOR TABLE dagapp.jobs;" },
  { body: "ALTER TABLE dagapp.notes DROP COLUMN body;" },
  {
    body: "CREATE TYPE dagapp.kind AS ENUM ('a'); CREATE VIEW dagapp.v AS SELECT 1 AS a; CREATE SEQUENCE dagapp.s; ALTER TABLE dagapp.jobs ADD COLUMN k TEXT; CREATE TRIGGER t BEFORE INSERT ON dagapp.jobs FOR EACH ROW EXECUTE FUNCTION dagapp.touch(); CREATE STATISTICS dagapp.st ON stage, owner FROM dagapp.jobs; CREATE FUNCTION dagapp.f(a INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT a';",
  },
  { body: "ALTER TYPE dagapp.job_status RENAME VALUE 'done' TO 'finished';" },
  {
    body: `UPDATE dagapp.jobs SET owner = '${"a long text; ".repeat(20)}' WHERE owner IS NULL;`,
  },
];

const cases = (): readonly (readonly [string, Example])[] => [
  ...fileRulePages.map(({ id, page }) => [id, page.bad] as const),
  ...others.map((example) => [example.body ?? "", example] as const),
];

describe("on the newest PostgreSQL", () => {
  const suite = useServer({ major: serverVersions[0] ?? 18 });
  let database: ProgramDatabase;

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
    await database.rows(
      "INSERT INTO public.schema_migrations (version, description, started_at, applied) VALUES ('1.0.0', 'ground', now(), true)",
    );
  });

  /** What an example's files say, without checks and ledger. */
  const bodyOf = ({ segments }: ReturnType<typeof exampleMigrations>[number]): readonly string[] =>
    segments
      .filter(({ section }) => section === "migration")
      .flatMap(({ statements }) => statements.map(({ text }) => text));

  async function arrangeGround(example: Example): Promise<void> {
    await database.rows("DROP SCHEMA dagapp CASCADE");
    await database.rows("CREATE SCHEMA dagapp");
    for (const file of exampleMigrations(example).slice(0, -1)) {
      for (const text of bodyOf(file)) await database.rows(text);
    }
  }

  /** The first statement that the server refuses, with what it says; null for none. */
  async function refusalOf(statements: readonly string[]): Promise<string | null> {
    for (const text of statements) {
      try {
        await database.rows(text);
      } catch (error) {
        return `${text}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    return null;
  }

  it("gives no SQL with a gap in it", () => {
    const faults = cases().flatMap(([title, example]) =>
      judgeExample(example, "prod").flatMap(({ rule, remedy }) => {
        const broken = statementsIn(remedy).filter((sql) => "reason" in parseStatements(sql));
        return remedy.includes("…") || broken.length > 0 ? [`${title}: ${rule}: ${remedy}`] : [];
      }),
    );
    expect(faults).toEqual([]);
  });

  it("gives SQL that the server runs", async () => {
    const faults: string[] = [];
    let ran = 0;
    for (const [title, example] of cases()) {
      for (const { rule, remedy } of judgeExample(example, "prod")) {
        const statements = statementsIn(remedy);
        if (statements.length === 0) continue;
        ran += 1;
        await arrangeGround(example);
        if ((await refusalOf(statements)) === null) continue;
        // It adds to the file, as checks, validations and rollbacks do.
        await arrangeGround(example);
        const own = exampleMigrations(example).at(-1);
        for (const text of own === undefined ? [] : bodyOf(own)) await refusalOf([text]);
        const back = rule.startsWith("rollback") ? (own?.rollback?.segments ?? []) : [];
        for (const { statements: all } of back) {
          for (const { text, ledger, kind } of all) {
            if (ledger === null && !kind.startsWith("DROP")) await refusalOf([text]);
          }
        }
        const refusal = await refusalOf(statements);
        if (refusal !== null) faults.push(`${title}: ${rule}: ${refusal}`);
      }
    }
    expect(faults).toEqual([]);
    expect(ran).toBeGreaterThan(30);
  });
});
