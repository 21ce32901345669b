/**
 * Code that an owner of the governed schemas can plant where somebody else would run it: triggers, views, defaults,
 * checks, policies, index expressions, rules, casts, operators. Each writes down as whom it ran.
 * Does NOT run any of it.
 */
import { arrange } from "../program/runs";
import type { ProgramDatabase } from "../servers/programDatabase";

/** Statements for the infrastructure role. `dagapp.ran` then holds who ran planted code. */
const planted = [
  "CREATE TABLE dagapp.ran (who NAME, what TEXT)",
  `CREATE FUNCTION dagapp.note(what TEXT) RETURNS INTEGER LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO dagapp.ran VALUES (current_user, what);
     RETURN 1;
   EXCEPTION WHEN OTHERS THEN RETURN 1;
   END $$`,
  `CREATE FUNCTION dagapp.quiet(INTEGER) RETURNS INTEGER IMMUTABLE LANGUAGE plpgsql AS $$
   BEGIN PERFORM dagapp.note('index'); RETURN $1; END $$`,
  `CREATE FUNCTION dagapp.fire() RETURNS TRIGGER LANGUAGE plpgsql AS $$
   BEGIN PERFORM dagapp.note('trigger'); RETURN NULL; END $$`,
  `CREATE TABLE dagapp.trap (
     id INTEGER DEFAULT dagapp.note('default'),
     checked INTEGER CHECK (dagapp.note('check') = 1))`,
  "INSERT INTO dagapp.trap VALUES (1, 1)",
  "CREATE INDEX trap_index ON dagapp.trap (dagapp.quiet(id))",
  "CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON dagapp.trap EXECUTE FUNCTION dagapp.fire()",
  "CREATE VIEW dagapp.bait AS SELECT dagapp.note('view') AS id",
  "CREATE MATERIALIZED VIEW dagapp.slow_bait AS SELECT dagapp.note('materialized view') AS id",
  "ALTER TABLE dagapp.trap ENABLE ROW LEVEL SECURITY",
  "CREATE POLICY p ON dagapp.trap USING (dagapp.note('policy') = 1)",
  "CREATE RULE r AS ON UPDATE TO dagapp.trap DO ALSO SELECT dagapp.note('rule')",
  "CREATE FUNCTION dagapp.same(NAME, TEXT) RETURNS BOOLEAN LANGUAGE sql AS $$ SELECT dagapp.note('operator') = 1 $$",
  "CREATE OPERATOR dagapp.= (LEFTARG = NAME, RIGHTARG = TEXT, FUNCTION = dagapp.same)",
  "CREATE FUNCTION dagapp.quote_ident(NAME) RETURNS TEXT LANGUAGE sql AS $$ SELECT dagapp.note('function')::text $$",
  "CREATE TYPE dagapp.own AS (a INTEGER)",
  "CREATE FUNCTION dagapp.turn(dagapp.own) RETURNS TEXT LANGUAGE sql AS $$ SELECT dagapp.note('cast')::text $$",
  "CREATE CAST (dagapp.own AS TEXT) WITH FUNCTION dagapp.turn(dagapp.own) AS IMPLICIT",
  "TRUNCATE dagapp.ran",
];

/** Plants it in dagapp. */
export async function plantCode(database: ProgramDatabase): Promise<void> {
  await arrange(database, ...planted);
}

/** Who has run planted code since, and by what. */
export async function whoRan(database: ProgramDatabase): Promise<readonly string[]> {
  const rows = await database.rows("SELECT DISTINCT who || ' by ' || what AS line FROM dagapp.ran");
  return rows.map(({ line }) => String(line)).sort();
}
