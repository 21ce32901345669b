/**
 * For every rule of roles/privileges.ts: statements that only this rule lets a login run, and the nearest ones that it
 * does not. Pure data, written apart from the rules: a rule that is dropped, added or widened makes a test fail.
 * Does NOT run anything (see test/database/roles/privileges.test.ts).
 */
import { eventKinds } from "../../../migrations/engine/history/eventKinds";
import type { PrivilegeRule } from "../../../roles/vocabulary";
import type { Login } from "../servers/programDatabase";

/** What approvers may record, in words of the test's own. */
const approvals: readonly string[] = ["signed-off", "validated", "acknowledged", "baselined"];

/** `{service}` and the like in a statement stand for the real name, quoted. */
export interface Proof {
  readonly as: Login;
  readonly granted: readonly string[];
  readonly refused: readonly string[];
}

/** What names a rule in this file. */
export const ruleName = ({ to, where, on }: PrivilegeRule): string => `${to}, ${where}, ${on[0]}`;

export const ruleProofs: Readonly<Record<string, Proof>> = {
  "service, database, database": {
    as: "service",
    granted: ["CREATE TEMPORARY TABLE scratch (id INTEGER) ON COMMIT DROP"],
    refused: ["CREATE SCHEMA mine", "CREATE PUBLICATION everything"],
  },
  "service, governed, schema": {
    as: "service",
    granted: ["SELECT 'dagapp.item'::regclass", "SELECT 'pgstac.item'::regclass"],
    refused: ["CREATE TABLE dagapp.mine (id INTEGER)", "CREATE TABLE pgstac.mine (id INTEGER)"],
  },
  "service, public, schema": {
    as: "service",
    granted: ["SELECT 'public.schema_migrations'::regclass"],
    refused: ["CREATE TABLE public.mine (id INTEGER)"],
  },
  "service, governed, table": {
    as: "service",
    granted: [
      "INSERT INTO dagapp.item (mood, note) VALUES ('failed', 'serial') RETURNING id",
      "INSERT INTO geoapi.visit (note) VALUES ('identity') RETURNING id",
      "INSERT INTO pgstac.measure VALUES (1, '2026-02-01')",
      "INSERT INTO pgstac.measure_2026 VALUES (1, '2026-02-01')",
      "SELECT * FROM dagapp.measure, dagapp.measure_2026, dagapp.item_view",
      "UPDATE dagapp.item SET note = 'changed'",
      "UPDATE dagapp.item_view SET note = 'changed'",
      "DELETE FROM dagapp.measure",
      "DELETE FROM geoapi.visit",
      "SELECT * FROM dagapp.item FOR UPDATE",
      "COPY dagapp.item TO STDOUT",
    ],
    refused: [
      "TRUNCATE dagapp.item",
      "TRUNCATE dagapp.measure_2026",
      "CREATE TRIGGER t BEFORE INSERT ON dagapp.item FOR EACH ROW EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
      "CREATE RULE r AS ON DELETE TO dagapp.item DO INSTEAD NOTHING",
      "CREATE INDEX i ON dagapp.item (note)",
      "ALTER TABLE dagapp.item ADD COLUMN extra INTEGER",
    ],
  },
  "service, governed, materialized view": {
    as: "service",
    granted: ["SELECT items FROM dagapp.item_count"],
    refused: ["REFRESH MATERIALIZED VIEW dagapp.item_count"],
  },
  "service, governed, sequence": {
    as: "service",
    granted: ["SELECT nextval('dagapp.ticket')", "SELECT nextval('dagapp.item_id_seq')"],
    refused: ["SELECT setval('dagapp.ticket', 1)", "SELECT last_value FROM dagapp.ticket"],
  },
  "service, governed, function": {
    as: "service",
    granted: [
      "SELECT dagapp.twice(2), geoapi.twice(2.5), pgstac.total(1)",
      "CALL dagapp.annotate('by procedure')",
      "SELECT pgstac.span(1, 2)",
    ],
    refused: [
      "CREATE OR REPLACE FUNCTION dagapp.twice(n INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 0'",
      "ALTER FUNCTION dagapp.twice(INTEGER) SECURITY DEFINER",
    ],
  },
  "infrastructure, public, schema": {
    as: "infrastructure",
    granted: ["SELECT 'public.schema_migrations'::regclass"],
    refused: ["CREATE TABLE public.mine (id INTEGER)", "DROP SCHEMA public CASCADE"],
  },
  "infrastructure, ledger, table": {
    as: "infrastructure",
    granted: [
      "SELECT * FROM public.schema_migrations",
      "INSERT INTO public.schema_migrations (id, version) VALUES (0, '0.0.1')",
      "UPDATE public.schema_migrations SET applied = false",
    ],
    refused: [
      "DELETE FROM public.schema_migrations",
      "TRUNCATE public.schema_migrations",
      "DROP TABLE public.schema_migrations",
      "ALTER TABLE public.schema_migrations ADD COLUMN checksum TEXT",
    ],
  },
  "infrastructure, ledger, sequence": {
    as: "infrastructure",
    granted: ["SELECT nextval('public.schema_migrations_id_seq')"],
    refused: ["SELECT setval('public.schema_migrations_id_seq', 1)"],
  },
  "infrastructure, events, table": {
    as: "infrastructure",
    granted: ["SELECT * FROM public.schema_migration_events"],
    refused: [
      "UPDATE public.schema_migration_events SET kind = 'applied'",
      "DELETE FROM public.schema_migration_events",
      "TRUNCATE public.schema_migration_events",
      "DROP TABLE public.schema_migration_events",
      "ALTER TABLE public.schema_migration_events DISABLE ROW LEVEL SECURITY",
      "DROP POLICY run_events ON public.schema_migration_events",
    ],
  },
  "infrastructure, events, column": {
    as: "infrastructure",
    granted: [
      `INSERT INTO public.schema_migration_events
         (kind, version, run, segment, checksum, rollback_checksum, ticket, detail)
       VALUES ('started', '1.0.0', gen_random_uuid(), 1, 'a', 'b', 'c', '{}')`,
    ],
    refused: [
      "INSERT INTO public.schema_migration_events (kind, login) VALUES ('started', 'someone')",
      "INSERT INTO public.schema_migration_events (kind, happened_at) VALUES ('started', '2020-01-01')",
      "INSERT INTO public.schema_migration_events (kind, id) OVERRIDING SYSTEM VALUE VALUES ('started', 1)",
      "INSERT INTO public.schema_migration_events (kind) VALUES ('signed-off')",
    ],
  },
  "infrastructure, runner lock, table": {
    as: "infrastructure",
    granted: ["LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE NOWAIT"],
    refused: ["INSERT INTO public.schema_migration_lock VALUES (true)"],
  },
  "migrator, database, database": {
    as: "migrator",
    granted: ["SELECT 1"],
    refused: ["CREATE TEMPORARY TABLE scratch (id INTEGER)", "CREATE SCHEMA mine"],
  },
  "approver, database, database": {
    as: "approver",
    granted: ["SELECT 1"],
    refused: ["CREATE TEMPORARY TABLE scratch (id INTEGER)", "CREATE SCHEMA mine"],
  },
  "approver, public, schema": {
    as: "approver",
    granted: ["SELECT 'public.schema_migrations'::regclass"],
    refused: ["CREATE TABLE public.mine (id INTEGER)", "SELECT 'dagapp.item'::regclass"],
  },
  "approver, ledger, table": {
    as: "approver",
    granted: ["SELECT * FROM public.schema_migrations"],
    refused: [
      "INSERT INTO public.schema_migrations (version, applied) VALUES ('9.9.9', true)",
      "UPDATE public.schema_migrations SET applied = true",
      "SELECT nextval('public.schema_migrations_id_seq')",
    ],
  },
  "approver, events, table": {
    as: "approver",
    granted: ["SELECT * FROM public.schema_migration_events"],
    refused: [
      "UPDATE public.schema_migration_events SET kind = 'signed-off'",
      "DELETE FROM public.schema_migration_events",
      "TRUNCATE public.schema_migration_events",
      "DROP POLICY approvals ON public.schema_migration_events",
      "LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE",
    ],
  },
  "approver, events, column": {
    as: "approver",
    granted: approvals.map(
      (kind) =>
        `INSERT INTO public.schema_migration_events (kind, version, checksum, rollback_checksum, ticket, detail)
         VALUES ('${kind}', '1.0.0', 'a', 'b', 'c', '{}')`,
    ),
    refused: [
      ...["login", "happened_at", "id", "run", "segment"].map(
        (column) =>
          `INSERT INTO public.schema_migration_events (kind, ${column}) OVERRIDING SYSTEM VALUE
           SELECT 'signed-off', ${column} FROM public.schema_migration_events LIMIT 1`,
      ),
      ...eventKinds
        .filter((kind) => !approvals.includes(kind))
        .map((kind) => `INSERT INTO public.schema_migration_events (kind) VALUES ('${kind}')`),
    ],
  },
  "public, public, schema": {
    // The only login of a test that has nothing of its own and may connect.
    as: "migrator",
    granted: ["SELECT 'public.schema_migrations'::regclass"],
    refused: ["CREATE FUNCTION public.f() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'"],
  },
  "public, governed, type": {
    as: "service",
    granted: ["CREATE TEMPORARY TABLE scratch (mood dagapp.mood, code dagapp.code)"],
    refused: ["ALTER TYPE dagapp.mood ADD VALUE 'other'", "DROP TYPE dagapp.pair"],
  },
};
