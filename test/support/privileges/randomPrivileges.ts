/**
 * Draws random changes of who may do what: any privilege on any object, column and default, with and without grant
 * option, from owners and delegates; memberships, owners, attributes, settings. All of them the admin can take back.
 * Does NOT run them. `{service}` and the like stand for the real names.
 */
import fc from "fast-check";
import type { Client } from "pg";

/** Something that GRANT speaks of. */
export interface Target {
  /** As GRANT calls it: `TABLE`. */
  readonly keyword: string;
  /** As ALTER calls it. */
  readonly alter: string;
  /** Quoted. */
  readonly identity: string;
  readonly privileges: readonly string[];
  /** Quoted. */
  readonly columns: readonly string[];
}

const TARGETS = `
  WITH place AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY ($1))
  SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS keyword,
         CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                      WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS alter,
         format('%I.%I', nspname, relname) AS identity,
         CASE relkind WHEN 'S' THEN '{USAGE,SELECT,UPDATE}'::text[]
                      ELSE '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}' || $2::text[] END AS privileges,
         ARRAY(SELECT quote_ident(attname) FROM pg_attribute
                WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND relkind <> 'S' ORDER BY attnum) AS columns
    FROM pg_class c JOIN place ON place.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'ROUTINE', 'ROUTINE', p.oid::regprocedure::text, '{EXECUTE}', '{}'
    FROM pg_proc p JOIN place ON place.oid = pronamespace
   WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'i')
  UNION ALL
  SELECT 'TYPE', 'TYPE', t.oid::regtype::text, '{USAGE}', '{}'
    FROM pg_type t JOIN place ON place.oid = typnamespace
   WHERE typelem = 0 AND typtype IN ('e', 'd', 'r')
      OR typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND relkind = 'c')
  UNION ALL
  SELECT 'SCHEMA', 'SCHEMA', quote_ident(nspname), '{USAGE,CREATE}', '{}' FROM place
  UNION ALL
  SELECT 'DATABASE', 'DATABASE', quote_ident(current_database()), '{CONNECT,TEMPORARY,CREATE}', '{}'
  ORDER BY keyword, identity`;

/** All targets of these schemas, and the database. Their order depends on their names alone. */
export async function readTargets(
  client: Client,
  schemas: readonly string[],
  major: number,
): Promise<readonly Target[]> {
  const { rows } = await client.query<Target>(TARGETS, [schemas, major >= 17 ? ["MAINTAIN"] : []]);
  return rows;
}

/** Roles of the stack, one that the admin made beside them, and two that it has no power over. */
const ours = ["{service}", "{infra}", "{migrator}", "{approver}", "{admin}", "{team}"];
const anybody = [...ours, "{outsider}", "{delegate}"];
/** Whose objects and default privileges the admin can act on. */
const owners = ["{service}", "{infra}", "{migrator}", "{admin}", "{team}"];

type Statements = readonly string[];
const one = (sql: string): Statements => [sql];
const some = (items: readonly string[]): fc.Arbitrary<string[]> =>
  fc.subarray([...items], { minLength: 1 });
const grantee = fc.constantFrom("PUBLIC", ...anybody);
/** Statements as somebody else, by a superuser. */
const as = (role: string, ...statements: string[]): Statements => [
  `SET SESSION AUTHORIZATION ${role}`,
  ...statements,
  "RESET SESSION AUTHORIZATION",
];

/** What is given: privileges, of some columns or of the whole. */
const givenOn = ({ privileges, columns }: Target): fc.Arbitrary<string> => {
  const whole = fc.oneof(some(privileges), fc.constant(["ALL"])).map((list) => list.join(", "));
  if (columns.length === 0) return whole;
  const part = fc
    .tuple(some(["SELECT", "INSERT", "UPDATE", "REFERENCES"]), some(columns.slice(0, 4)))
    .map(([list, of]) => list.map((privilege) => `${privilege} (${of.join(", ")})`).join(", "));
  return fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: part });
};

const withOption = (to: string, yes: boolean): string =>
  yes && to !== "PUBLIC" ? " WITH GRANT OPTION" : "";

function grants(targets: readonly Target[]): fc.Arbitrary<Statements> {
  return fc.constantFrom(...targets).chain((target) => {
    const on = `ON ${target.keyword} ${target.identity}`;
    const given = givenOn(target);
    const plain = fc
      .tuple(given, grantee, fc.boolean())
      .map(([what, to, option]) => one(`GRANT ${what} ${on} TO ${to}${withOption(to, option)}`));
    // What the admin takes from itself on objects that nobody governs is its own affair.
    const isLoss = (from: string): boolean => from !== "{admin}" || !/^lab\b/.test(target.identity);
    const taken = fc
      .tuple(given, grantee.filter(isLoss), fc.boolean())
      .map(([what, from, option]) =>
        one(`REVOKE ${option ? "GRANT OPTION FOR " : ""}${what} ${on} FROM ${from} CASCADE`),
      );
    const delegated = fc
      .tuple(given, fc.constantFrom(...anybody), fc.constantFrom(...anybody), grantee, fc.boolean())
      // Only a member of the owner can grant to itself, and then only itself can take it back.
      .filter(([, first, second, to]) => first !== second && second !== to)
      .map(([what, first, second, to, option]) => [
        `GRANT USAGE ON SCHEMA ${target.identity.split(".")[0] ?? ""} TO ${first}, ${second}`,
        `GRANT ${what} ${on} TO ${first} WITH GRANT OPTION`,
        ...as(first, `GRANT ${what} ${on} TO ${second} WITH GRANT OPTION`),
        ...as(second, `GRANT ${what} ${on} TO ${to}${withOption(to, option)}`),
      ]);
    const owned = fc
      .constantFrom(...owners)
      .map((owner) => one(`ALTER ${target.alter} ${target.identity} OWNER TO ${owner}`));
    return fc.oneof(
      { weight: 4, arbitrary: plain },
      { weight: 3, arbitrary: taken },
      { weight: 2, arbitrary: delegated },
      // The database's owner is what makes the admin one.
      ...(target.keyword === "DATABASE" ? [] : [{ weight: 1, arbitrary: owned }]),
    );
  });
}

function defaults(schemas: readonly string[]): fc.Arbitrary<Statements> {
  const kinds = fc.constantFrom("TABLES", "SEQUENCES", "FUNCTIONS", "TYPES", "SCHEMAS");
  const within = fc.constantFrom("", ...schemas.map((schema) => ` IN SCHEMA ${schema}`));
  const what = fc.constantFrom("ALL", "SELECT", "USAGE", "EXECUTE", "UPDATE");
  return fc
    .tuple(fc.constantFrom(...owners), within, fc.boolean(), what, kinds, grantee)
    .map(([owner, where, gives, privilege, kind, who]) =>
      one(
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner}${where} ${gives ? "GRANT" : "REVOKE"} ${privilege} ON ${kind} ${
          gives ? "TO" : "FROM"
        } ${who}`,
      ),
    );
}

/**
 * Those of strangers in strangers are nobody's deviation, and are not drawn: a circle of delegates that closes through one
 * cannot be taken apart by an owner.
 */
const memberships: fc.Arbitrary<Statements> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ours), fc.constantFrom(...anybody), fc.boolean())
    .filter(([role, to]) => role !== "{team}" || ours.includes(to))
    .map(([role, to, option]) =>
      as("{admin}", `GRANT ${role} TO ${to}${option ? " WITH ADMIN OPTION" : ""}`),
    ),
  fc
    .tuple(fc.constantFrom(...ours), fc.constantFrom(...owners), fc.constantFrom(...anybody))
    .filter(([role, , to]) => role !== "{team}" || ours.includes(to))
    .map(([role, first, second]) => [
      ...as("{admin}", `GRANT ${role} TO ${first} WITH ADMIN OPTION`),
      ...as(first, `GRANT ${role} TO ${second}`),
    ]),
  fc
    .constantFrom(...ours.filter((role) => role !== "{team}"))
    .map((to) => as("{admin}", `GRANT pg_read_all_data TO ${to}`)),
  fc
    .constantFrom("{migrator}", "{approver}")
    .map((who) => as("{admin}", `REVOKE {infra} FROM ${who}`)),
);

const ofRoles: fc.Arbitrary<Statements> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("{service}", "{infra}", "{migrator}", "{approver}"),
      fc.constantFrom(
        "CREATEDB",
        "CREATEROLE",
        "INHERIT",
        "NOLOGIN",
        "LOGIN",
        "CONNECTION LIMIT 3",
      ),
    )
    .map(([role, attribute]) => one(`ALTER ROLE ${role} ${attribute}`)),
  fc
    .tuple(
      fc.constantFrom("{service}", "{infra}", "{migrator}"),
      fc.constantFrom("", " IN DATABASE {database}"),
      fc.constantFrom(
        "SET lock_timeout = 0",
        "RESET ALL",
        "SET search_path = pg_temp",
        "SET work_mem = '1MB'",
      ),
    )
    .map(([role, where, what]) => one(`ALTER ROLE ${role}${where} ${what}`)),
);

const sweeping: fc.Arbitrary<Statements> = fc.constantFrom<Statements>(
  ["DROP OWNED BY {service}"],
  ["REVOKE ALL ON ALL TABLES IN SCHEMA dagapp FROM {infra}, {service}, PUBLIC CASCADE"],
  ["GRANT ALL ON ALL ROUTINES IN SCHEMA dagapp, geoapi TO PUBLIC, {outsider}"],
  ["REVOKE ALL ON SCHEMA public FROM PUBLIC, {infra}, {service} CASCADE"],
  as("{admin}", "REASSIGN OWNED BY {infra} TO {admin}"),
  as("{service}", "SELECT lo_create(0)"),
  [
    "ALTER TABLE dagapp.item ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE dagapp.item FORCE ROW LEVEL SECURITY",
  ],
  ["ALTER FUNCTION geoapi.twice(INTEGER) SECURITY DEFINER"],
);

/** A round's changes, one after the other; the same seed draws the same. */
export function drawChanges(
  seed: number,
  targets: readonly Target[],
  schemas: readonly string[],
): readonly Statements[] {
  const change = fc.oneof(
    { weight: 10, arbitrary: grants(targets) },
    { weight: 3, arbitrary: defaults(schemas) },
    { weight: 2, arbitrary: memberships },
    { weight: 1, arbitrary: ofRoles },
    { weight: 1, arbitrary: sweeping },
  );
  const [drawn] = fc.sample(fc.array(change, { minLength: 15, maxLength: 40, size: "max" }), {
    seed,
    numRuns: 1,
  });
  return drawn ?? [];
}
