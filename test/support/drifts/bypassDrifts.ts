/**
 * Drift by which a role does what its privileges do not say: code with another's rights, views of the ledger, row
 * security. Pure data, as drifts.ts, which takes these in. Does NOT run anything.
 */
import type { Drift } from "./drifts";
import { noPower } from "./roleDrifts";

const triggerFunction = (name: string): string =>
  `CREATE FUNCTION ${name}() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN new; END'`;

export const bypassDrifts: readonly Drift[] = [
  {
    name: "a function that runs with its owner's rights, and its procedure and overload",
    sql: [
      "ALTER FUNCTION dagapp.twice(NUMERIC) SECURITY DEFINER",
      "ALTER PROCEDURE geoapi.annotate(TEXT) SECURITY DEFINER",
    ],
    found: [
      "function dagapp.twice(numeric): should not run with the rights of {infra} (SECURITY DEFINER)",
      "function geoapi.annotate(text): should not run with the rights of {infra} (SECURITY DEFINER)",
    ],
  },
  {
    name: "a superuser's function that runs with its rights",
    sql: [
      "CREATE FUNCTION public.almighty() RETURNS INTEGER LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    ],
    found: [
      "function public.almighty(): should not run with the rights of postgres (SECURITY DEFINER)",
    ],
    left: {
      statements: ["ALTER ROUTINE public.almighty() SECURITY INVOKER"],
      reason: noPower,
    },
    undo: ["DROP FUNCTION IF EXISTS public.almighty()"],
  },
  {
    name: "a trigger that runs a stranger's code",
    sql: [
      "CREATE SCHEMA other AUTHORIZATION {admin}",
      triggerFunction("other.spy"),
      "ALTER FUNCTION other.spy() OWNER TO {service}",
      "CREATE TRIGGER spy BEFORE INSERT ON dagapp.item FOR EACH ROW EXECUTE FUNCTION other.spy()",
    ],
    found: [
      "trigger spy on dagapp.item: should not run code of {service}",
      "function other.spy(): belongs to {service}, not to {admin}",
    ],
    undo: ["DROP TRIGGER IF EXISTS spy ON dagapp.item", "DROP SCHEMA IF EXISTS other CASCADE"],
  },
  {
    name: "an event trigger that runs a stranger's code",
    sql: [
      "CREATE FUNCTION public.watch() RETURNS EVENT_TRIGGER LANGUAGE plpgsql AS 'BEGIN END'",
      "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watch()",
      "ALTER FUNCTION public.watch() OWNER TO {delegate}",
      // Else healing the function's owner would leave nothing to see; a superuser's is trusted.
      "ALTER EXTENSION plpgsql ADD FUNCTION public.watch()",
    ],
    found: [
      "function public.watch(): should not belong to the extension plpgsql, whose script did not make it",
      "function public.watch(): belongs to {delegate}, not to {admin}",
      "event trigger watch: should not run code of {delegate} in every session",
    ],
    since: 16,
    left: {
      statements: [
        'ALTER EXTENSION "plpgsql" DROP FUNCTION public.watch()',
        "ALTER FUNCTION public.watch() OWNER TO {admin}",
        "ALTER EVENT TRIGGER watch DISABLE",
      ],
      reason: noPower,
    },
    undo: [
      "DO $$ BEGIN ALTER EXTENSION plpgsql DROP FUNCTION public.watch(); EXCEPTION WHEN OTHERS THEN END $$",
      "DROP FUNCTION IF EXISTS public.watch() CASCADE",
    ],
  },
  {
    name: "a rule",
    as: "infrastructure",
    sql: [
      "CREATE RULE sly AS ON INSERT TO dagapp.item DO ALSO UPDATE public.schema_migrations SET applied = true",
    ],
    found: ["rule sly on dagapp.item: should not act with the rights of {infra}"],
    undo: ["DROP RULE IF EXISTS sly ON dagapp.item"],
  },
  {
    name: "views that show the ledger to the service role, one through the other",
    as: "infrastructure",
    sql: [
      "CREATE VIEW dagapp.peek AS SELECT * FROM public.schema_migrations",
      "CREATE VIEW geoapi.peek AS SELECT version FROM dagapp.peek",
    ],
    found: [
      "view dagapp.peek: should not show the program's tables with the rights of {infra}",
      "view geoapi.peek: should not show the program's tables with the rights of {infra}",
    ],
    undo: ["DROP VIEW IF EXISTS geoapi.peek", "DROP VIEW IF EXISTS dagapp.peek"],
  },
  {
    name: "a materialized view that keeps the ledger's rows",
    as: "infrastructure",
    sql: ["CREATE MATERIALIZED VIEW dagapp.copy AS SELECT version FROM public.schema_migrations"],
    found: ["materialized view dagapp.copy: should not keep rows of the program's tables"],
    left: {
      statements: ["DROP MATERIALIZED VIEW dagapp.copy"],
      reason: /what depends on it/,
    },
  },
  {
    name: "row security where nobody asked for it, and its absence on the events",
    sql: [
      "ALTER TABLE dagapp.item ENABLE ROW LEVEL SECURITY",
      "ALTER TABLE geoapi.measure FORCE ROW LEVEL SECURITY",
      "ALTER TABLE public.schema_migration_events DISABLE ROW LEVEL SECURITY",
      "ALTER TABLE public.schema_migrations ENABLE ROW LEVEL SECURITY",
    ],
    found: [
      "table dagapp.item: row security should be off",
      "table geoapi.measure: row security should not bind the owner too",
      "table public.schema_migration_events: row security should be on",
      "table public.schema_migrations: row security should be off",
    ],
  },
];
