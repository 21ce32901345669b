/**
 * Reads what a row of each table must look like: columns with their types, constraints, foreign keys, partition bounds.
 * Does NOT read rows, or make any (see candidates.ts, rowFiller.ts).
 */
import type { Client } from "pg";

/** A type down to what its values are written as. */
export interface TypeShape {
  /** As the server writes it, without modifier: "character varying", "dagapp.mood". */
  readonly name: string;
  /** pg_type.typtype: base, composite, domain, enum, range or multirange. */
  readonly kind: string;
  /** Of a domain: the type beneath. Of an array: the element's. Of a range: the bounds'. Of a multirange: the range's. */
  readonly inner: number | null;
  readonly isArray: boolean;
  /** Of an enum, in order. */
  readonly labels: readonly string[];
  /** Of a composite type. */
  readonly attributes: readonly { readonly type: number; readonly modifier: number }[];
  /** Of a domain. */
  readonly modifier: number;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly checks: readonly { readonly name: string; readonly definition: string }[];
}

export interface ColumnShape {
  readonly name: string;
  readonly type: number;
  /** pg_attribute.atttypmod. */
  readonly modifier: number;
  /** With its modifier, as the server writes it. */
  readonly typeText: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** Computed by the server: it takes no value. */
  readonly isGenerated: boolean;
  /** "a" takes a value only against the rule, "d" takes one, "" is none. */
  readonly identity: string;
}

export interface ForeignKey {
  readonly columns: readonly string[];
  /** Qualified and quoted name of the table referred to. */
  readonly target: string;
  readonly targetColumns: readonly string[];
}

/** What a constraint or a unique index of a table is about, by its name. */
interface Constraint {
  readonly name: string;
  readonly columns: readonly string[];
  /** Of a CHECK; "" for others. */
  readonly check: string;
}

/** A table that rows are put into: an ordinary one, or the root of partitions. */
export interface TableShape {
  readonly schema: string;
  readonly table: string;
  /** Qualified and quoted. */
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  readonly constraints: readonly Constraint[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Columns of the partition key, "" for an expression; none where it has no partitions. */
  readonly partitionKey: readonly string[];
  /** Bounds of all partitions beneath, as the server writes them. */
  readonly bounds: readonly string[];
  /** User triggers that fire ordinarily. */
  readonly triggers: readonly string[];
}

export interface Shapes {
  readonly tables: readonly TableShape[];
  readonly types: ReadonlyMap<number, TypeShape>;
}

const tableName = "format('%I.%I', n.nspname, c.relname)";
const columnList = (keys: string, relation: string): string =>
  `coalesce((SELECT json_agg(coalesce(a.attname, '') ORDER BY o.place) FROM unnest(${keys}) WITH ORDINALITY AS o (number, place)
     LEFT JOIN pg_attribute AS a ON a.attrelid = ${relation} AND a.attnum = o.number), '[]'::JSON)`;

const tablesQuery = `
SELECT n.nspname AS schema, c.relname AS table, ${tableName} AS name,
  coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type', a.atttypid::BIGINT, 'modifier', a.atttypmod,
      'typeText', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
      'hasDefault', a.atthasdef AND a.attgenerated = '' OR a.attidentity <> '', 'isGenerated', a.attgenerated <> '',
      'identity', a.attidentity) ORDER BY a.attnum)
    FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'::JSON) AS columns,
  coalesce((SELECT json_agg(json_build_object('name', k.conname, 'columns', ${columnList("k.conkey", "c.oid")},
      'check', CASE WHEN k.contype = 'c' THEN pg_get_constraintdef(k.oid) ELSE '' END) ORDER BY k.conname)
    FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'p', 'u', 'x', 'f')), '[]'::JSON)
  AS constraints,
  coalesce((SELECT json_agg(json_build_object('name', i.relname, 'columns', ${columnList("x.indkey::INT2[]", "c.oid")},
      'check', '') ORDER BY i.relname)
    FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisunique), '[]'::JSON)
  AS indexes,
  coalesce((SELECT json_agg(json_build_object('columns', ${columnList("k.conkey", "c.oid")},
      'target', (SELECT format('%I.%I', rn.nspname, r.relname) FROM pg_class AS r
                   JOIN pg_namespace AS rn ON rn.oid = r.relnamespace WHERE r.oid = k.confrelid),
      'targetColumns', ${columnList("k.confkey", "k.confrelid")}) ORDER BY k.conname)
    FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f'), '[]'::JSON) AS "foreignKeys",
  CASE WHEN c.relkind = 'p' THEN (SELECT ${columnList("p.partattrs::INT2[]", "c.oid")}
    FROM pg_partitioned_table AS p WHERE p.partrelid = c.oid) ELSE '[]'::JSON END AS "partitionKey",
  CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(json_agg(pg_get_expr(l.relpartbound, l.oid) ORDER BY l.oid), '[]'::JSON)
    FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS l ON l.oid = t.relid
    WHERE l.relispartition AND t.parentrelid = c.oid) ELSE '[]'::JSON END AS bounds,
  coalesce((SELECT json_agg(t.tgname ORDER BY t.tgname) FROM pg_trigger AS t
    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled = 'O'), '[]'::JSON) AS triggers
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1, 2`;

/** Types that columns of the schemas can have: all but the row types of tables. */
const typesQuery = `
SELECT t.oid::BIGINT::TEXT AS id, format_type(t.oid, NULL) AS name, t.typtype AS kind,
  CASE t.typtype WHEN 'd' THEN nullif(t.typbasetype, 0)
    WHEN 'r' THEN (SELECT r.rngsubtype FROM pg_range AS r WHERE r.rngtypid = t.oid)
    WHEN 'm' THEN (SELECT r.rngtypid FROM pg_range AS r WHERE r.rngmultitypid = t.oid)
    ELSE CASE WHEN t.typsubscript = 'pg_catalog.array_subscript_handler'::REGPROC AND t.typelem <> 0 THEN t.typelem END
  END::BIGINT::TEXT AS inner,
  t.typsubscript = 'pg_catalog.array_subscript_handler'::REGPROC AND t.typelem <> 0 AS "isArray",
  coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid), '[]'::JSON)
  AS labels,
  CASE WHEN t.typtype = 'c' THEN coalesce((SELECT json_agg(json_build_object('type', a.atttypid::BIGINT,
      'modifier', a.atttypmod) ORDER BY a.attnum) FROM pg_attribute AS a
    WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '[]'::JSON) ELSE '[]'::JSON END AS attributes,
  t.typtypmod AS modifier, t.typnotnull AS "notNull", t.typdefault IS NOT NULL AS "hasDefault",
  CASE WHEN t.typtype = 'd' THEN coalesce((SELECT json_agg(json_build_object('name', k.conname, 'definition',
      pg_get_constraintdef(k.oid)) ORDER BY k.conname) FROM pg_constraint AS k
    WHERE k.contypid = t.oid AND k.contype = 'c'), '[]'::JSON) ELSE '[]'::JSON END AS checks
FROM pg_type AS t
WHERE t.typtype IN ('b', 'd', 'e', 'r', 'm')
  OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c')`;

/** Reads the shapes of all tables of the schemas. */
export async function readShapes(client: Client, schemas: readonly string[]): Promise<Shapes> {
  const { rows } = await client.query<TableShape & { readonly indexes: readonly Constraint[] }>(
    tablesQuery,
    [schemas],
  );
  const { rows: types } = await client.query<
    Omit<TypeShape, "inner"> & { readonly id: string; readonly inner: string | null }
  >(typesQuery);
  return {
    tables: rows.map(({ indexes, ...table }) => ({
      ...table,
      constraints: [
        ...table.constraints,
        ...indexes.filter(({ name }) => !table.constraints.some((one) => one.name === name)),
      ],
    })),
    types: new Map(
      types.map(({ id, inner, ...type }) => [
        Number(id),
        { ...type, inner: inner === null ? null : Number(inner) },
      ]),
    ),
  };
}

/** Tables so that each stands behind those it refers to; of a circle the first stands as it was. */
export function inKeyOrder(tables: readonly TableShape[]): readonly TableShape[] {
  const ordered: TableShape[] = [];
  const placed = new Set<string>();
  let left = [...tables];
  while (left.length > 0) {
    const open = new Set(left.map(({ name }) => name));
    const isFree = (table: TableShape): boolean =>
      table.foreignKeys.every(
        ({ target }) => target === table.name || placed.has(target) || !open.has(target),
      );
    const free = left.filter(isFree);
    const next = free.length > 0 ? free : left.slice(0, 1);
    ordered.push(...next);
    for (const { name } of next) placed.add(name);
    left = left.filter((table) => !next.includes(table));
  }
  return ordered;
}
