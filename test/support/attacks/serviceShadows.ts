/**
 * The service role makes temporary things in the place of others' and plays with search paths. Pure data.
 */
import { harmless, healed, refused, type Theme } from "./attack";

const own = "Temporary things are seen by their own session only, and end with it.";

export const serviceShadows: Theme = {
  title: "Shadowing and temporary things",
  as: "service",
  attacks: [
    harmless(
      "shadows the ledger by a temporary table",
      [
        "CREATE TEMPORARY TABLE schema_migrations (version TEXT, applied BOOLEAN)",
        "INSERT INTO schema_migrations VALUES ('9.9.9', true)",
      ],
      `${own} The program names public.schema_migrations.`,
    ),
    harmless(
      "shadows a system function by a temporary one",
      [
        "CREATE FUNCTION pg_temp.now() RETURNS TIMESTAMPTZ LANGUAGE sql AS $$ SELECT '2020-01-01'::timestamptz $$",
        "SET search_path = pg_temp, pg_catalog",
        "DO $$ BEGIN IF now() < '2021-01-01' THEN RAISE 'shadowed'; END IF; END $$",
      ],
      "Functions and operators are never looked for in pg_temp by a short name.",
    ),
    harmless(
      "shadows a table that a function of the application uses",
      [
        "CREATE TEMPORARY TABLE tasks (LIKE dagapp.tasks)",
        "SET search_path = pg_temp, dagapp",
        "SELECT dagapp.check_job_completion('none')",
      ],
      "The application's functions pin their search path, with pg_temp last, and run as their caller.",
    ),
    harmless(
      "empties its own search path",
      ["SET search_path = ''", "SELECT * FROM dagapp.item"],
      "It is its own session's.",
    ),
    harmless(
      "makes a temporary view of a table",
      ["CREATE TEMPORARY VIEW mine AS SELECT * FROM dagapp.item", "SELECT * FROM mine"],
      own,
    ),
    harmless(
      "makes a temporary trigger function and trigger",
      [
        "CREATE TEMPORARY TABLE mine (id INTEGER)",
        "CREATE FUNCTION pg_temp.fire() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION pg_temp.fire()",
        "INSERT INTO mine VALUES (1)",
      ],
      own,
    ),
    refused(
      "makes a temporary trigger on a governed table",
      [
        "CREATE FUNCTION pg_temp.fire() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON dagapp.item FOR EACH ROW EXECUTE FUNCTION pg_temp.fire()",
      ],
      "It has no TRIGGER.",
    ),
    refused(
      "makes a temporary foreign table",
      "CREATE FOREIGN TABLE pg_temp.mine (id INTEGER) SERVER nowhere",
      "It has no USAGE on the server.",
    ),
    refused(
      "moves a temporary table where it stays",
      ["CREATE TEMPORARY TABLE mine (id INTEGER)", "ALTER TABLE mine SET SCHEMA dagapp"],
      "It has no CREATE on any schema.",
    ),
    refused(
      "moves a temporary function where it stays",
      [
        "CREATE FUNCTION pg_temp.mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION pg_temp.mine() SET SCHEMA public",
      ],
      "It has no CREATE on any schema.",
    ),
    refused(
      "makes a cast that everybody's queries would use",
      [
        "CREATE TYPE pg_temp.mine AS (a INTEGER)",
        "CREATE CAST (TEXT AS INTEGER) WITH INOUT AS IMPLICIT",
      ],
      "One of the two types must be its own.",
    ),
    harmless(
      "makes a cast of a temporary type",
      [
        "CREATE TYPE pg_temp.mine AS (a INTEGER)",
        "CREATE FUNCTION pg_temp.turn(pg_temp.mine) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
        "CREATE CAST (pg_temp.mine AS INTEGER) WITH FUNCTION pg_temp.turn(pg_temp.mine) AS IMPLICIT",
      ],
      "It is about a type that nobody else can have a value of, and ends with it.",
    ),
    healed(
      "keeps bytes in the database as a large object",
      "SELECT lo_from_bytea(4712, 'mine')",
      "Every login may make large objects, which are then its own; only a superuser can take that away (REVOKE EXECUTE ON FUNCTION lo_creat, lo_create, lo_from_bytea). The next `up` gives it to the admin.",
      ["large object 4712: belongs to {=service}, not to {=admin}"],
      {
        rest: {
          leaves: /^\+ (pg_largeobject_metadata|large object data 4712) /,
          undo: ["SELECT lo_unlink(4712)"],
        },
      },
    ),
  ],
};
