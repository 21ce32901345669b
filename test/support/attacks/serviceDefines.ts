/**
 * The service role tries DDL: making, changing and dropping things of every kind, in every schema. Pure data.
 */
import { harmless, noEffect, refused, type Theme } from "./attack";

const noCreate = "It has no CREATE on any schema.";
const noDatabase = "It has no CREATE on the database.";
const notOwner = "Only an owner may, and it owns nothing.";
const superuser = "Only a superuser may.";

export const serviceDefines: Theme = {
  title: "Making, changing, dropping",
  as: "service",
  attacks: [
    ...["dagapp", "geoapi", "pgstac", "public"].map((schema) =>
      refused(`makes a table in ${schema}`, `CREATE TABLE ${schema}.mine (id INTEGER)`, noCreate),
    ),
    refused(
      "makes a table in the system's schema",
      "CREATE TABLE pg_catalog.mine (id INTEGER)",
      noCreate,
    ),
    refused(
      "makes a table without saying where",
      "CREATE TABLE mine (id INTEGER)",
      "Its search path holds no schema that it may create in; pg_temp is never meant by that.",
    ),
    refused("makes a view", "CREATE VIEW dagapp.mine AS SELECT 1", noCreate),
    refused(
      "makes a materialized view",
      "CREATE MATERIALIZED VIEW geoapi.mine AS SELECT 1",
      noCreate,
    ),
    refused("makes a sequence", "CREATE SEQUENCE pgstac.mine", noCreate),
    refused("makes a type", "CREATE TYPE dagapp.mine AS ENUM ('a')", noCreate),
    refused("makes a domain", "CREATE DOMAIN dagapp.mine AS TEXT", noCreate),
    refused(
      "makes a function",
      "CREATE FUNCTION geoapi.mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      noCreate,
    ),
    refused(
      "makes a procedure",
      "CREATE PROCEDURE geoapi.mine() LANGUAGE sql AS 'SELECT 1'",
      noCreate,
    ),
    refused(
      "makes an operator that another role's queries would prefer",
      "CREATE OPERATOR public.= (LEFTARG = TEXT, RIGHTARG = VARCHAR, FUNCTION = pg_catalog.texteq)",
      noCreate,
    ),
    refused(
      "makes a function in public that another role would call by its short name",
      "CREATE FUNCTION public.lower(VARCHAR) RETURNS TEXT LANGUAGE sql AS 'SELECT current_user::text'",
      noCreate,
    ),
    refused(
      "makes a partition",
      "CREATE TABLE dagapp.mine PARTITION OF dagapp.measure FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
      notOwner,
    ),
    refused(
      "makes a temporary partition of a governed table",
      "CREATE TEMPORARY TABLE mine PARTITION OF dagapp.measure FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
      "A partition of a permanent table is permanent; and only an owner may.",
      { code: "42809" },
    ),
    refused(
      "makes a temporary child, whose rows would be read as the parent's",
      "CREATE TEMPORARY TABLE mine () INHERITS (dagapp.item)",
      notOwner,
    ),
    refused("makes an index", "CREATE INDEX i ON dagapp.item (note)", notOwner),
    refused(
      "makes statistics",
      "CREATE STATISTICS dagapp.mine ON id, note FROM dagapp.item",
      notOwner,
    ),
    refused(
      "makes a trigger",
      "CREATE TRIGGER t BEFORE INSERT ON dagapp.item FOR EACH ROW EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
      "It has no TRIGGER.",
    ),
    refused(
      "makes a rule",
      "CREATE RULE r AS ON DELETE TO dagapp.item DO INSTEAD NOTHING",
      notOwner,
    ),
    refused("makes a policy", "CREATE POLICY p ON dagapp.item USING (true)", notOwner),
    refused("makes a schema", "CREATE SCHEMA mine", noDatabase),
    refused(
      "makes the schema that another login's search path begins with",
      "CREATE SCHEMA {admin}",
      noDatabase,
    ),
    refused("makes a database", "CREATE DATABASE mine", "It has no CREATEDB."),
    refused("makes a tablespace", "CREATE TABLESPACE mine LOCATION '/tmp'", superuser),
    refused("makes a trusted extension", "CREATE EXTENSION pgcrypto", noDatabase),
    refused("makes an extension that is not trusted", "CREATE EXTENSION pageinspect", superuser),
    refused("changes an extension", "ALTER EXTENSION plpgsql UPDATE", notOwner),
    refused("drops an extension", "DROP EXTENSION plpgsql", notOwner),
    refused(
      "makes an event trigger",
      "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
      superuser,
    ),
    refused(
      "makes a language",
      "CREATE LANGUAGE mine HANDLER pg_catalog.plpgsql_call_handler",
      superuser,
    ),
    refused(
      "makes an access method",
      "CREATE ACCESS METHOD mine TYPE TABLE HANDLER pg_catalog.heap_tableam_handler",
      superuser,
    ),
    refused("makes a foreign data wrapper", "CREATE FOREIGN DATA WRAPPER mine", superuser),
    refused(
      "makes a foreign server",
      "CREATE SERVER mine FOREIGN DATA WRAPPER nothing",
      "It has no USAGE on the wrapper.",
    ),
    refused(
      "makes a user mapping",
      "CREATE USER MAPPING FOR {service} SERVER nowhere",
      "It has no USAGE on the server.",
    ),
    refused(
      "brings in a foreign schema",
      "IMPORT FOREIGN SCHEMA s FROM SERVER nowhere INTO dagapp",
      "It has no USAGE on the server.",
    ),
    refused("makes a publication", "CREATE PUBLICATION everything", noDatabase),
    refused(
      "makes a subscription",
      "CREATE SUBSCRIPTION mine CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)",
      "It is no superuser, and no member of pg_create_subscription.",
    ),
    refused(
      "makes a cast between types of others",
      "CREATE CAST (dagapp.mood AS dagapp.code) WITH INOUT AS IMPLICIT",
      notOwner,
    ),
    refused("adds a column", "ALTER TABLE dagapp.item ADD COLUMN extra INTEGER", notOwner),
    refused("renames a table", "ALTER TABLE dagapp.item RENAME TO thing", notOwner),
    refused("moves a table to public", "ALTER TABLE dagapp.item SET SCHEMA public", notOwner),
    refused("takes a table over", "ALTER TABLE dagapp.item OWNER TO {service}", notOwner),
    refused("switches triggers off", "ALTER TABLE dagapp.item DISABLE TRIGGER ALL", notOwner),
    refused(
      "switches row security on",
      "ALTER TABLE dagapp.item ENABLE ROW LEVEL SECURITY",
      notOwner,
    ),
    refused(
      "keeps vacuum away",
      "ALTER TABLE dagapp.item SET (autovacuum_enabled = false)",
      notOwner,
    ),
    refused(
      "takes a partition out",
      "ALTER TABLE dagapp.measure DETACH PARTITION dagapp.measure_2026",
      notOwner,
    ),
    refused(
      "changes a view",
      "ALTER VIEW dagapp.item_view SET (security_barrier = true)",
      notOwner,
    ),
    refused(
      "replaces a view",
      "CREATE OR REPLACE VIEW dagapp.item_view AS SELECT 1 AS id",
      "It has no CREATE on the schema, and does not own the view.",
    ),
    refused("restarts a sequence", "ALTER SEQUENCE dagapp.ticket RESTART", notOwner),
    refused(
      "sets a sequence back",
      "SELECT setval('dagapp.ticket', 1)",
      "setval needs UPDATE; USAGE is only nextval.",
    ),
    refused("adds a value to an enum", "ALTER TYPE dagapp.mood ADD VALUE 'other'", notOwner),
    refused(
      "replaces a function",
      "CREATE OR REPLACE FUNCTION dagapp.twice(n INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT 0'",
      "It has no CREATE on the schema, and does not own the function.",
    ),
    refused(
      "lets a function run as its owner",
      "ALTER FUNCTION dagapp.twice(INTEGER) SECURITY DEFINER",
      notOwner,
    ),
    refused("renames a schema", "ALTER SCHEMA dagapp RENAME TO other", notOwner),
    refused("changes the database", "ALTER DATABASE {database} SET search_path = mine", notOwner),
    refused("renames the database", "ALTER DATABASE {database} RENAME TO other", notOwner),
    refused("drops a table", "DROP TABLE dagapp.item CASCADE", notOwner),
    refused("drops a view", "DROP VIEW dagapp.item_view", notOwner),
    refused("drops a function", "DROP FUNCTION dagapp.twice(INTEGER)", notOwner),
    refused("drops an index", "DROP INDEX dagapp.item_pkey", notOwner),
    refused("drops a sequence", "DROP SEQUENCE dagapp.ticket", notOwner),
    refused("drops a schema", "DROP SCHEMA dagapp CASCADE", notOwner),
    refused("drops public", "DROP SCHEMA public CASCADE", notOwner),
    refused("drops the database", "DROP DATABASE {database}", notOwner),
    refused("empties a table", "TRUNCATE dagapp.item", "It has no TRUNCATE."),
    refused(
      "empties a table through a partition",
      "TRUNCATE dagapp.measure_2026",
      "It has no TRUNCATE.",
    ),
    refused("comments on a table", "COMMENT ON TABLE dagapp.item IS 'mine'", notOwner),
    refused(
      "labels a table",
      "SECURITY LABEL ON TABLE dagapp.item IS 'mine'",
      "No label provider is loaded; with one, only the owner may.",
      { code: "22023" },
    ),
    refused("rebuilds an index", "REINDEX TABLE dagapp.item", notOwner),
    refused("clusters a table", "CLUSTER dagapp.item USING item_pkey", notOwner),
    refused(
      "refreshes a materialized view",
      "REFRESH MATERIALIZED VIEW dagapp.item_count",
      notOwner,
    ),
    refused("cleans an index up", "SELECT gin_clean_pending_list('dagapp.item_words')", notOwner),
    refused(
      "rewrites the planner's statistics",
      "SELECT pg_clear_relation_stats('dagapp', 'item')",
      "It has no MAINTAIN.",
      { since: 18 },
    ),
    noEffect(
      "rewrites a table by VACUUM FULL",
      "VACUUM FULL dagapp.item",
      "It has no MAINTAIN (15 and 16: is not the owner).",
      "01000",
    ),
    noEffect(
      "analyzes a table",
      "ANALYZE dagapp.item",
      "It has no MAINTAIN (15 and 16: is not the owner).",
      "01000",
    ),
    refused(
      "does it in a DO block",
      "DO $$ BEGIN EXECUTE 'DROP TABLE dagapp.item CASCADE'; END $$",
      "A DO block runs with the rights of its caller.",
    ),
    refused(
      "does it in a temporary function that runs as its owner",
      [
        "CREATE FUNCTION pg_temp.mine() RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN DROP TABLE dagapp.item CASCADE; END $$",
        "SELECT pg_temp.mine()",
      ],
      "The owner is the service role itself.",
    ),
    refused(
      "does it by a query in a string",
      "SELECT query_to_xml($$SELECT setval('dagapp.ticket', 1)$$, true, true, '')",
      "The string runs with the rights of its caller.",
    ),
    harmless(
      "tries to do it and goes on",
      "DO $$ BEGIN DROP TABLE dagapp.item CASCADE; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$",
      "What was refused has not happened, whoever catches the error.",
    ),
  ],
};
