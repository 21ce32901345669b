/**
 * Reads every privilege that the rules speak of, in four queries, and carries out the statements that mend deviations.
 * Does NOT know what should be (privileges.ts) or compare (acl.ts).
 */
import { type Client, DatabaseError, escapeIdentifier } from "pg";

import { errorCode, inTransaction } from "../migrations/engine/database";
import { recordEvent } from "../migrations/engine/ledger";
import type { Settings } from "../settings";
import {
  type AclContext,
  type AclEntry,
  type Catalog,
  type CatalogObject,
  type Deviation,
  findDeviations,
  type Membership,
} from "./acl";
import { privilegeRules } from "./privileges";

/** Real names and values of one stack, for comparing. */
export function aclContext({ roles, serviceLimits }: Settings): AclContext {
  return {
    rules: privilegeRules,
    parties: {
      service: [roles.service],
      infrastructure: [roles.infrastructure],
      migrator: roles.migrators,
      approver: roles.approvers,
    },
    admin: roles.admin,
    serviceSettings: [`lock_timeout=${serviceLimits.lockTimeoutMs}`],
    quote: escapeIdentifier,
  };
}

/** ACL of an object as JSON. A NULL acl means the defaults of its kind, so those are spelled out. */
const explode = (acl: string, code: string, owner: string): string => `
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'grantee', CASE WHEN e.grantee = 0 THEN NULL ELSE pg_get_userbyid(e.grantee) END,
            'privilege', e.privilege_type, 'grantable', e.is_grantable)), '[]')
     FROM aclexplode(coalesce(${acl}, acldefault(${code}, ${owner}))) e)`;

/**
 * $1: governed schemas. Objects of the governed schemas, and the few outside that the rules name. Row, array and
 * multirange types follow their table, element or range and are left out, as PostgreSQL leaves them out of GRANT. So
 * are the constructors of a range type: they belong to the server's first superuser, and read nothing.
 */
const objectsQuery = `
  WITH governed AS (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[])),
  own (name, place) AS (
    VALUES ('schema_migrations', 'ledger'), ('schema_migrations_id_seq', 'ledger'),
           ('schema_migration_events', 'events'), ('schema_migration_events_id_seq', 'events'),
           ('schema_migration_lock', 'runner lock')
  ),
  relation AS (
    SELECT c.oid, c.relkind, c.relacl, c.relowner, c.oid::regclass::text AS identity, coalesce(own.place, 'governed') AS place,
           c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                          AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')) AS follows
      FROM pg_class c
      LEFT JOIN own ON c.relnamespace = 'public'::regnamespace AND c.relname = own.name
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
       AND (own.name IS NOT NULL OR c.relnamespace IN (SELECT oid FROM governed))
  )
  SELECT 'database' AS kind, 'database' AS place, quote_ident(d.datname) AS identity, NULL AS "column",
         pg_get_userbyid(d.datdba) AS owner, false AS follows, ${explode("d.datacl", "'d'", "d.datdba")} AS acl
    FROM pg_database d WHERE d.datname = current_database()
  UNION ALL
  SELECT 'schema', CASE WHEN n.nspname = 'public' THEN 'public' ELSE 'governed' END, quote_ident(n.nspname), NULL,
         pg_get_userbyid(n.nspowner), false, ${explode("n.nspacl", "'n'", "n.nspowner")}
    FROM pg_namespace n WHERE n.nspname = 'public' OR n.oid IN (SELECT oid FROM governed)
  UNION ALL
  SELECT CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
                        WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'sequence' END,
         r.place, r.identity, NULL, pg_get_userbyid(r.relowner), r.follows,
         ${explode("r.relacl", "CASE r.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END", "r.relowner")}
    FROM relation r
  UNION ALL
  SELECT 'column', r.place, r.identity, a.attname, pg_get_userbyid(r.relowner), false, ${explode("a.attacl", "'c'", "r.relowner")}
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE a.attacl IS NOT NULL OR r.place = 'events'
  UNION ALL
  SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, 'governed', p.oid::regprocedure::text, NULL,
         pg_get_userbyid(p.proowner), false, ${explode("p.proacl", "'f'", "p.proowner")}
    FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM governed)
     AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i')
  UNION ALL
  SELECT 'type', 'governed', t.oid::regtype::text, NULL, pg_get_userbyid(t.typowner), false, ${explode("t.typacl", "'T'", "t.typowner")}
    FROM pg_type t
   WHERE t.typnamespace IN (SELECT oid FROM governed) AND t.typelem = 0 AND t.typtype <> 'm'
     AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
   ORDER BY 2, 1, 3, 4`;

/**
 * $1: governed schemas, $2: the infrastructure role, $3: the admin. Default privileges that are stored, and those that
 * should be: of the infrastructure role in each governed schema, and of it and the admin anywhere.
 */
const defaultsQuery = `
  WITH wanted AS (
    SELECT r.oid AS creator, n.oid AS schema, code
      FROM pg_roles r, pg_namespace n, unnest('{r,S,f}'::"char"[]) code
     WHERE r.rolname = $2 AND n.nspname = ANY ($1::text[])
    UNION
    SELECT r.oid, 0::oid, 'f' FROM pg_roles r WHERE r.rolname IN ($2, $3)
    UNION
    SELECT d.defaclrole, d.defaclnamespace, d.defaclobjtype FROM pg_default_acl d
     WHERE d.defaclnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[]))
        OR (d.defaclnamespace = 0 AND pg_get_userbyid(d.defaclrole) IN ($2, $3))
  )
  SELECT pg_get_userbyid(w.creator) AS creator, (SELECT nspname FROM pg_namespace WHERE oid = w.schema) AS schema,
         w.code::text AS code,
         (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'grantee', CASE WHEN e.grantee = 0 THEN NULL ELSE pg_get_userbyid(e.grantee) END,
                   'privilege', e.privilege_type, 'grantable', e.is_grantable)), '[]')
            FROM aclexplode(CASE
                   WHEN d.oid IS NOT NULL THEN d.defaclacl
                   WHEN w.schema = 0 THEN acldefault(CASE w.code WHEN 'S' THEN 's'::"char" ELSE w.code END, w.creator)
                   -- Nothing stored: an empty list. acldefault of a column is one; '{}' has no dimension and is refused.
                   ELSE acldefault('c', w.creator) END) e) AS acl
    FROM wanted w
    LEFT JOIN pg_default_acl d
      ON d.defaclrole = w.creator AND d.defaclnamespace = w.schema AND d.defaclobjtype = w.code
   ORDER BY 1, 2, 3`;

/** Reads the live catalog. Constant number of queries, whatever the number of objects. */
export async function readCatalog(client: Client, settings: Settings): Promise<Catalog> {
  const { roles, schemas } = settings;
  const objects = await client.query<CatalogObject>(objectsQuery, [schemas]);
  const defaults = await client.query<{
    creator: string;
    schema: string | null;
    code: string;
    acl: readonly AclEntry[];
  }>(defaultsQuery, [schemas, roles.infrastructure, roles.admin]);
  // The options are read through jsonb because 15 does not have them.
  const memberships = await client.query<Membership>(
    `SELECT pg_get_userbyid(m.member) AS member, pg_get_userbyid(m.roleid) AS role, bool_or(m.admin_option) AS grantable,
            bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, false)) AS inherits
       FROM pg_auth_members m
      WHERE pg_get_userbyid(m.member) = ANY ($1::text[]) OR pg_get_userbyid(m.roleid) = ANY ($1::text[])
      GROUP BY m.member, m.roleid ORDER BY 1, 2`,
    [[roles.service, roles.infrastructure, ...roles.migrators, ...roles.approvers]],
  );
  const stored = await client.query<{ role: string; setting: string }>(
    `SELECT pg_get_userbyid(s.setrole) AS role, unnest(s.setconfig) AS setting FROM pg_db_role_setting s
      WHERE pg_get_userbyid(s.setrole) = $1 AND s.setdatabase = 0`,
    [roles.service],
  );
  return {
    objects: objects.rows,
    defaults: defaults.rows,
    memberships: memberships.rows,
    settings: stored.rows,
  };
}

/** What healing did. */
export interface Healing {
  readonly mended: readonly Deviation[];
  /** What this login could not mend, each with the server's reason. */
  readonly left: readonly { readonly deviation: Deviation; readonly reason: string }[];
}

/**
 * SQLSTATEs of two sessions that change one catalog row at the same moment ("tuple concurrently updated", or both made
 * it), and of a deadlock: the whole is tried again.
 */
const retryable = new Set(["XX000", "23505", "40P01", "40001"]);
const mostTries = 5;

/** So many deviations are named in the event of a healing; the count is always there. */
const mostNamed = 500;

/** Errors that end more than their statement: retryable ones, lost connections, cancellation, no resources. */
const endsAll = (code: string): boolean => retryable.has(code) || /^(08|53|57|58|XX)/.test(code);

/**
 * Makes the live privileges equal to the rules in one transaction, and reads them back in it. A statement that this
 * login may not run, or that the server refuses for another reason, is undone alone, and reported.
 *
 * @param spared  Texts of deviations to leave alone.
 */
export async function healPrivileges(
  client: Client,
  settings: Settings,
  spared: ReadonlySet<string> = new Set(),
): Promise<Healing> {
  const context = aclContext(settings);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(client, () => healOnce(client, settings, context, spared));
    } catch (error) {
      if (!retryable.has(errorCode(error)) || attempt === mostTries) throw error;
    }
  }
}

/**
 * Mending one thing may undo another: REVOKE on a table takes the same privilege from its columns, and CASCADE takes
 * what a delegate had granted rightly. So it goes on for as long as something changes, at most this often.
 */
const mostRounds = 3;

async function healOnce(
  client: Client,
  settings: Settings,
  context: AclContext,
  spared: ReadonlySet<string>,
): Promise<Healing> {
  const look = async (): Promise<readonly Deviation[]> =>
    findDeviations(context, await readCatalog(client, settings)).filter(
      ({ text }) => !spared.has(text),
    );
  const textsOf = (deviations: readonly Deviation[]): string =>
    deviations.map(({ text }) => text).join("\n");
  const found = new Map<string, Deviation>();
  const reasons = new Map<string, string>();
  let left = await look();
  for (let round = 1; round <= mostRounds && left.length > 0; round += 1) {
    for (const deviation of left) {
      found.set(deviation.text, deviation);
      const reason = await mend(client, deviation);
      if (reason === null) reasons.delete(deviation.text);
      else reasons.set(deviation.text, reason);
    }
    const before = textsOf(left);
    left = await look();
    if (textsOf(left) === before) break;
  }
  const remaining = new Set(left.map(({ text }) => text));
  const mended = [...found.values()].filter(({ text }) => !remaining.has(text));
  if (mended.length > 0) {
    const texts = mended.slice(0, mostNamed).map(({ text }) => text);
    await recordEvent(client, { kind: "healed", detail: { count: mended.length, mended: texts } });
  }
  return {
    mended,
    left: left.map((deviation) => ({
      deviation,
      reason:
        reasons.get(deviation.text) ??
        "the statement succeeded and changed nothing: it was granted by another role",
    })),
  };
}

/** Runs the statements of one deviation, all or none. Returns the server's reason for refusing, or null. */
async function mend(client: Client, deviation: Deviation): Promise<string | null> {
  await client.query("SAVEPOINT deviation");
  try {
    for (const statement of deviation.statements) await client.query(statement);
    await client.query("RELEASE SAVEPOINT deviation");
    return null;
  } catch (error) {
    if (!(error instanceof DatabaseError) || endsAll(errorCode(error))) throw error;
    await client.query("ROLLBACK TO SAVEPOINT deviation");
    return error.message;
  }
}
