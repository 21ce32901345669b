/**
 * The service role stands in the way of others: locks, snapshots, dependencies, connections. PostgreSQL refuses little
 * of it. Pure data.
 */
import { harmless, hinders, refused, stays, type Theme } from "./attack";

const noPrivilege = "Locking a table needs a privilege on it, and it has none.";
const modes = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
];
const alter = {
  whom: "infrastructure",
  probe: "ALTER TABLE dagapp.item ADD COLUMN extra INTEGER",
  code: "55P03",
} as const;
const idle = "idle_in_transaction_session_timeout is given to it, and it may change it.";

export const serviceHinders: Theme = {
  title: "Standing in the way",
  as: "service",
  attacks: [
    ...modes.map((mode) =>
      refused(
        `locks the runner lock: ${mode}`,
        ["BEGIN", `LOCK TABLE public.schema_migration_lock IN ${mode} MODE`],
        noPrivilege,
      ),
    ),
    refused(
      "locks the ledger",
      ["BEGIN", "LOCK TABLE public.schema_migrations IN ACCESS SHARE MODE"],
      noPrivilege,
    ),
    refused(
      "locks rows of the ledger",
      "SELECT * FROM public.schema_migrations FOR UPDATE",
      noPrivilege,
    ),
    refused(
      "locks a system catalog",
      ["BEGIN", "LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE"],
      noPrivilege,
    ),
    harmless(
      "holds on to the runner lock by preparing a statement that it may not execute",
      ["BEGIN", "PREPARE mine AS UPDATE public.schema_migration_lock SET one = true"],
      "A statement locks its tables (ROW EXCLUSIVE at most) before privileges are asked for; the mode in which the runner locks does not conflict with that.",
    ),
    hinders(
      "locks a table of the application against everybody",
      ["BEGIN", "LOCK TABLE dagapp.item IN ACCESS EXCLUSIVE MODE"],
      "UPDATE and DELETE on a table allow every lock mode.",
      { whom: "infrastructure", probe: "SELECT * FROM dagapp.item", code: "55P03" },
    ),
    hinders(
      "keeps a transaction open after reading",
      ["SET idle_in_transaction_session_timeout = 0", "BEGIN", "SELECT * FROM dagapp.item"],
      idle,
      alter,
    ),
    hinders(
      "keeps a lock on the ledger by preparing a statement that it may not execute",
      ["BEGIN", "PREPARE mine AS SELECT * FROM public.schema_migrations"],
      "A statement locks its tables before privileges are asked for. Reading and writing the ledger goes on; only changes of its definition wait.",
      {
        whom: "admin",
        probe: "ALTER TABLE public.schema_migrations ADD COLUMN extra INTEGER",
        code: "55P03",
      },
    ),
    hinders(
      "makes a temporary view, on which a column then depends",
      "CREATE TEMPORARY VIEW mine AS SELECT note FROM dagapp.visit",
      "Whoever may read a table may make one. The error names it, and CASCADE takes it away.",
      { whom: "infrastructure", probe: "ALTER TABLE dagapp.visit DROP COLUMN note", code: "2BP01" },
    ),
    hinders(
      "makes a temporary table of a type, which then cannot be dropped",
      "CREATE TEMPORARY TABLE mine (pair dagapp.pair)",
      "PUBLIC may use types. The error names it, and CASCADE takes it away; the session's end does too.",
      { whom: "infrastructure", probe: "DROP TYPE dagapp.pair", code: "2BP01" },
    ),
    hinders(
      "makes a temporary table with a column of a table's rows, whose columns then keep their types",
      "CREATE TEMPORARY TABLE mine (visit dagapp.visit)",
      "A table's row type is everybody's to use. The error names it; the end of its session takes it away.",
      {
        whom: "infrastructure",
        probe: "ALTER TABLE dagapp.visit ALTER COLUMN note TYPE INTEGER USING 1",
        code: "0A000",
      },
    ),
    hinders(
      "makes a temporary table whose default reads a sequence, which then cannot be dropped",
      "CREATE TEMPORARY TABLE mine (n INTEGER DEFAULT nextval('dagapp.ticket'))",
      "It may use the sequence. The error names it, and CASCADE takes the default away.",
      { whom: "infrastructure", probe: "DROP SEQUENCE dagapp.ticket", code: "2BP01" },
    ),
    hinders(
      "takes all places for locks in shared memory",
      "DO $$ BEGIN FOR n IN 1..1000000 LOOP PERFORM pg_advisory_lock(n); END LOOP; EXCEPTION WHEN out_of_memory THEN NULL; END $$",
      "Every login may take advisory locks; only a superuser can take that away (REVOKE EXECUTE).",
      {
        whom: "infrastructure",
        probe: "CREATE TABLE dagapp.mine (id INTEGER PRIMARY KEY)",
        code: "53200",
      },
    ),
    harmless(
      "holds advisory locks",
      ["SELECT pg_advisory_lock(1), pg_advisory_lock_shared(2)"],
      "The program takes none, because every login may.",
    ),
    stays(
      "uses a sequence's numbers up",
      "SELECT count(nextval('dagapp.ticket')) FROM generate_series(1, 1000)",
      "An INSERT into a serial column needs nextval.",
      /^[-+] rows of dagapp\.ticket /,
      ["SELECT setval('dagapp.ticket', 1, false)"],
    ),
    stays(
      "deletes every row it may delete",
      "DELETE FROM dagapp.item",
      "The policy grants DELETE. Backups bring rows back.",
      /^[-+] rows of dagapp\.item /,
      ["INSERT INTO dagapp.item (id, note) VALUES (1, 'first')"],
    ),
  ],
};
