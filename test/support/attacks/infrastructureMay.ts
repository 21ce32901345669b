/**
 * What the infrastructure role may do because it owns the governed schemas, and what becomes of it. Pure data.
 */
import { healed, hinders, refused, stays, type Theme } from "./attack";

const owner =
  "An owner may. The gate refuses it in a file's plain text; in a DO block only review sees it.";
const reviewed =
  "An owner may: migrations are for that. Review, and the rollback file, say whether it is meant.";

export const infrastructureMay: Theme = {
  title: "With what it owns",
  as: "infrastructure",
  attacks: [
    healed("opens a table to another login", "GRANT SELECT ON dagapp.item TO {outsider}", owner, [
      "table dagapp.item: {=outsider} should not have SELECT",
    ]),
    healed("opens a table to everybody", "GRANT ALL ON geoapi.item TO PUBLIC", owner, [
      "table geoapi.item: PUBLIC should not have",
    ]),
    healed("opens a column", "GRANT UPDATE (note) ON dagapp.item TO {outsider}", owner, [
      "column dagapp.item.note: {=outsider} should not have UPDATE",
    ]),
    healed("opens a schema", "GRANT ALL ON SCHEMA pgstac TO {outsider}", owner, [
      "schema pgstac: {=outsider} should not have",
    ]),
    healed("opens a function", "GRANT EXECUTE ON FUNCTION dagapp.twice(INTEGER) TO PUBLIC", owner, [
      "function dagapp.twice(integer): PUBLIC should not have EXECUTE",
    ]),
    healed(
      "lets the service role empty tables and pass that on",
      "GRANT TRUNCATE, TRIGGER, REFERENCES ON dagapp.item TO {service} WITH GRANT OPTION",
      owner,
      ["table dagapp.item: {=service} should not have TRUNCATE, REFERENCES, TRIGGER"],
    ),
    healed(
      "lets the service role make tables",
      ["GRANT CREATE ON SCHEMA dagapp TO {service}"],
      owner,
      ["schema dagapp: {=service} should not have CREATE"],
    ),
    healed(
      "takes the application's rights away",
      "REVOKE ALL ON ALL TABLES IN SCHEMA dagapp FROM {service}",
      owner,
      ["table dagapp.item: {=service} lacks SELECT, INSERT, UPDATE, DELETE"],
    ),
    healed(
      "changes what its tables are born with",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA dagapp GRANT ALL ON TABLES TO {service}",
      owner,
      ['new tables of {=infra} in "dagapp": {=service} should not have'],
    ),
    healed(
      "lets everybody run what it makes anywhere",
      "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
      owner,
      ["new functions of {=infra} anywhere: PUBLIC should not have EXECUTE"],
    ),
    stays(
      "changes its own settings",
      "ALTER ROLE {infra} SET lock_timeout = 0",
      "PostgreSQL lets every role. They take effect at a login, and it has none.",
      /^[-+] (setting|role) /,
      ["ALTER ROLE {infra} RESET lock_timeout"],
    ),
    stays(
      "makes a function that runs with its rights, for the service role to call",
      "CREATE FUNCTION dagapp.mine() RETURNS VOID LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'TRUNCATE dagapp.item'",
      reviewed,
      /^\+ function dagapp.mine\(\) /,
      ["DROP FUNCTION dagapp.mine()"],
    ),
    stays(
      "makes a view through which the service role writes the ledger",
      "CREATE VIEW dagapp.mine AS SELECT * FROM public.schema_migrations",
      `${owner} A view reads and writes with the rights of its owner.`,
      /^\+ (relation|column|view|type|rows of) dagapp.mine/,
      ["DROP VIEW dagapp.mine"],
    ),
    stays(
      "plants code in a view that the admin may read",
      [
        "CREATE FUNCTION dagapp.mine() RETURNS NAME LANGUAGE sql AS 'SELECT current_user'",
        "CREATE VIEW dagapp.bait AS SELECT dagapp.mine()",
      ],
      "Functions of a view run with the rights of who reads it. The program never reads one as the admin; people begin with SET ROLE.",
      /^\+ (relation|column|view|type|rows of|function) dagapp.(mine|bait)/,
      ["DROP VIEW dagapp.bait", "DROP FUNCTION dagapp.mine()"],
    ),
    stays(
      "switches row security on, so that the application sees no row",
      "ALTER TABLE dagapp.item ENABLE ROW LEVEL SECURITY",
      reviewed,
      /^[-+] relation dagapp.item /,
      ["ALTER TABLE dagapp.item DISABLE ROW LEVEL SECURITY"],
    ),
    stays("drops a table", "DROP TABLE geoapi.visit", reviewed, /^- .*geoapi.visit/, [
      "SET ROLE {infra}",
      "CREATE TABLE geoapi.visit (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note TEXT)",
      "RESET ROLE",
    ]),
    stays(
      "says in the ledger that a version is applied",
      "INSERT INTO public.schema_migrations (id, version, applied, executed_by) VALUES (999, '9.9.9', true, '{=admin}')",
      "A migration file records itself, also under psql, so the role may write there. No event of a run goes with it: `unrecorded-version`.",
      /^[-+] rows of public.schema_migrations /,
      ["DELETE FROM public.schema_migrations WHERE id = 999"],
    ),
    stays(
      "says in the events that a version is applied",
      "INSERT INTO public.schema_migration_events (kind, version) VALUES ('applied', '9.9.9')",
      "A run says what it did. The login is recorded and cannot be forged.",
      /^[-+] rows of public.schema_migration_events/,
      ["DELETE FROM public.schema_migration_events WHERE version = '9.9.9'"],
    ),
    refused(
      "reads back what it would not be allowed to write",
      "INSERT INTO public.schema_migration_events (kind, version) VALUES ('stamped', '9.9.9') RETURNING id",
      "A row-security policy lets it write only what a run may say.",
    ),
    hinders(
      "keeps the runner lock",
      ["BEGIN", "LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE"],
      "Every migrator may run. The message of the next run names the process and its login; the admin can end it.",
      {
        whom: "infrastructure",
        probe: "LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE NOWAIT",
        code: "55P03",
      },
    ),
    hinders(
      "locks the ledger against everybody",
      ["BEGIN", "LOCK TABLE public.schema_migrations IN ACCESS EXCLUSIVE MODE"],
      "UPDATE on a table allows every lock mode.",
      { whom: "admin", probe: "SELECT * FROM public.schema_migrations", code: "55P03" },
    ),
  ],
};
