/**
 * What the infrastructure role may do because it owns the governed schemas, and what becomes of it. Pure data.
 */
import { found, healed, hinders, refused, stays, type Theme } from "./attack";

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
    healed(
      "changes its own settings",
      "ALTER ROLE {infra} SET lock_timeout = 0",
      "PostgreSQL lets every role. They take effect at a login, and it has none.",
      ["role {=infra}: should not set lock_timeout=0"],
    ),
    healed(
      "makes a function that runs with its rights, for the service role to call",
      "CREATE FUNCTION dagapp.mine() RETURNS VOID LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'TRUNCATE dagapp.item'",
      `${reviewed} The next \`up\` has it run with its caller's rights.`,
      ["function dagapp.mine(): should not run with the rights of {=infra} (SECURITY DEFINER)"],
      { rest: { leaves: /^\+ function dagapp.mine\(\) /, undo: ["DROP FUNCTION dagapp.mine()"] } },
    ),
    healed(
      "makes a procedure that runs with its rights",
      "CREATE PROCEDURE dagapp.mine() LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM dagapp.item'",
      `${reviewed} The next \`up\` has it run with its caller's rights.`,
      ["dagapp.mine(): should not run with the rights of {=infra} (SECURITY DEFINER)"],
      { rest: { leaves: /^\+ function dagapp.mine\(\) /, undo: ["DROP PROCEDURE dagapp.mine()"] } },
    ),
    healed(
      "makes a rule that writes the ledger when the service role writes a table",
      "CREATE RULE mine AS ON INSERT TO dagapp.item DO ALSO UPDATE public.schema_migrations SET applied = false",
      "A rule acts with the rights of the table's owner. The next `up` disables it.",
      ["rule mine on dagapp.item: should not act with the rights of {=infra}"],
      {
        rest: {
          leaves: /^\+ rule CREATE RULE mine AS\s+ON INSERT TO dagapp.item .* enabled D$/s,
          undo: ["DROP RULE mine ON dagapp.item"],
        },
      },
    ),
    found(
      "keeps a copy of the events where the service role reads it",
      "CREATE MATERIALIZED VIEW dagapp.mine AS SELECT * FROM public.schema_migration_events",
      `${reviewed} A person drops it: what depends on it would have to go too.`,
      ["materialized view dagapp.mine: should not keep rows of the program's tables"],
      {
        leaves:
          /^[-+] (relation dagapp.mine|column dagapp.mine|view dagapp.mine|type dagapp.mine|rows of dagapp.mine)/,
        undo: ["DROP MATERIALIZED VIEW dagapp.mine"],
      },
    ),
    healed(
      "makes a view through which the service role writes the ledger",
      "CREATE VIEW dagapp.mine AS SELECT * FROM public.schema_migrations",
      `${owner} A view reads and writes with the rights of its owner. The next \`up\` has it use its caller's.`,
      ["view dagapp.mine: should not show the program's tables with the rights of {=infra}"],
      {
        rest: {
          leaves: /^\+ (relation|column|view|type) dagapp.mine/,
          undo: ["DROP VIEW dagapp.mine"],
        },
      },
    ),
    healed(
      "makes such a view of a view that uses its caller's rights",
      [
        "CREATE VIEW dagapp.inner_view WITH (security_invoker = true) AS SELECT * FROM public.schema_migrations",
        "CREATE VIEW dagapp.mine AS SELECT * FROM dagapp.inner_view",
      ],
      "The outer view's owner is then the caller. The next `up` has the outer one use its caller's rights too.",
      ["view dagapp.mine: should not show the program's tables with the rights of {=infra}"],
      {
        rest: {
          leaves: /^\+ (relation|column|view|type) dagapp.(mine|inner_view)/,
          undo: ["DROP VIEW dagapp.mine", "DROP VIEW dagapp.inner_view"],
        },
      },
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
    healed(
      "switches row security on, so that the application sees no row",
      "ALTER TABLE dagapp.item ENABLE ROW LEVEL SECURITY",
      reviewed,
      ["table dagapp.item: row security should be off"],
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
      "A run says what it did. The login is recorded and cannot be forged; without the admin's record of that run the event counts for nothing: `record-doubted`.",
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
