/**
 * Reads what SQL for each part of the governed schemas is written from: names quoted, definitions as the server prints
 * them. One query, whatever the number of objects; objects and parts are those of schemaSnapshot.ts.
 * Does NOT compare, or write a statement (see differences/writeSql.ts).
 */
import type { Client } from "pg";

import { byPlace, type Definitions, type PlacedDefinition } from "../differences/definition";
import { catalogItems, printing } from "./schemaSnapshot";

/** Pairs of key and expression as one jsonb object. */
const facts = (pairs: Readonly<Record<string, string>>): string =>
  `jsonb_build_object(${Object.entries(pairs)
    .map(([key, expression]) => `'${key}', ${expression}`)
    .join(", ")})`;

const comment = (catalog: string, oid: string, sub = "0"): string =>
  `(SELECT d.description FROM pg_description AS d
     WHERE d.classoid = '${catalog}'::REGCLASS AND d.objoid = ${oid} AND d.objsubid = ${sub})`;

const names = (array: string): string => `coalesce(to_jsonb(${array}), '[]'::JSONB)`;

const relationWord = (relkind: string): string =>
  `CASE ${relkind} WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
     WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END`;

const storageWords = `CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
  WHEN 'x' THEN 'EXTENDED' END`;

const table = facts({
  kind: "'table'",
  name: "name",
  unlogged: "relpersistence = 'u'",
  options: names("reloptions"),
  partitionBy: "CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END",
  parents: names(
    "(SELECT array_agg(h.inhparent::REGCLASS::TEXT ORDER BY h.inhseqno) FROM pg_inherits AS h WHERE h.inhrelid = rel.oid)",
  ),
  bound: "pg_get_expr(relpartbound, oid)",
  rowSecurity: "relrowsecurity",
  forcedRowSecurity: "relforcerowsecurity",
  comment: comment("pg_class", "rel.oid"),
});

const view = facts({
  kind: "CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END",
  name: "name",
  query: "pg_get_viewdef(oid)",
  options: names("reloptions"),
  comment: comment("pg_class", "rel.oid"),
});

const sequence = facts({
  kind: "'sequence'",
  name: "name",
  numbers: `format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s',
    format_type(q.seqtypid, NULL), q.seqincrement, q.seqmin, q.seqmax, q.seqstart, q.seqcache,
    CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END)`,
  ownedBy: `(SELECT format('%s.%I', d.refobjid::REGCLASS, a.attname) FROM pg_depend AS d
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::REGCLASS AND d.objid = rel.oid AND d.refclassid = 'pg_class'::REGCLASS
      AND d.deptype IN ('a', 'i'))`,
  isIdentity: `EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::REGCLASS AND d.objid = rel.oid
    AND d.refclassid = 'pg_class'::REGCLASS AND d.deptype = 'i')`,
  comment: comment("pg_class", "rel.oid"),
});

const column = facts({
  kind: "'column'",
  of: relationWord("relkind"),
  relation: "attrelid::REGCLASS::TEXT",
  name: "quote_ident(attname)",
  type: "format_type(atttypid, atttypmod)",
  notNull: "attnotnull",
  default: "pg_get_expr(d.adbin, d.adrelid)",
  identity: "CASE attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END",
  generated: "CASE attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END",
  collation:
    "CASE WHEN attcollation <> t.typcollation THEN nullif(attcollation, 0)::REGCOLLATION::TEXT END",
  storage: `CASE WHEN attstorage <> t.typstorage THEN ${storageWords} END`,
  compression: "CASE attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END",
  statistics: "nullif(attstattarget, -1)",
  comment: comment("pg_class", "attrelid", "attnum"),
});

const constraintFacts = (of: string, relation: string, inherited: string): string =>
  facts({
    kind: "'constraint'",
    of: `'${of}'`,
    relation,
    name: "quote_ident(k.conname)",
    text: "pg_get_constraintdef(k.oid)",
    type: "k.contype",
    isValidated: "k.convalidated",
    isInherited: inherited,
    comment: comment("pg_constraint", "k.oid"),
  });

const index = facts({
  kind: "'index'",
  relation: "rel.name",
  name: "x.indexrelid::REGCLASS::TEXT",
  text: "pg_get_indexdef(x.indexrelid)",
  constraint: `(SELECT quote_ident(k.conname) FROM pg_constraint AS k
    WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))`,
  isPartitioned: "i.relkind = 'I'",
  isPart: "EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = i.oid)",
  comment: comment("pg_class", "x.indexrelid"),
});

const trigger = facts({
  kind: "'trigger'",
  relation: "rel.name",
  name: "quote_ident(t.tgname)",
  text: "pg_get_triggerdef(t.oid)",
  enabled: "t.tgenabled",
  isInherited: "t.tgparentid <> 0",
  comment: comment("pg_trigger", "t.oid"),
});

const policyText = `concat_ws(' ', 'CREATE POLICY', quote_ident(p.polname), 'ON', rel.name,
  CASE WHEN NOT p.polpermissive THEN 'AS RESTRICTIVE' END,
  'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  'TO ' || (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ' ORDER BY r)
    FROM unnest(p.polroles) AS r),
  'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
  'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')`;

const onTable = (kind: string, name: string, text: string, catalog: string, oid: string): string =>
  facts({
    kind: `'${kind}'`,
    relation: "rel.name",
    name: `quote_ident(${name})`,
    text,
    comment: comment(catalog, oid),
  });

const finalWords = (column: string): string =>
  `CASE ${column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END`;
const named = (word: string, column: string): string =>
  `'${word} = ' || nullif(${column}::OID, 0)::REGPROC::TEXT`;
const sized = (word: string, column: string): string => `'${word} = ' || nullif(${column}, 0)`;

/** An aggregate's arguments; of one without any, as PostgreSQL wants it written. */
const aggregateName =
  "format('%s(%s)', fun.oid::REGPROC, coalesce(nullif(pg_get_function_identity_arguments(fun.oid), ''), '*'))";

/** Source: postgresql.org/docs/current/sql-createaggregate.html, catalog-pg-aggregate.html */
const aggregateText = `(SELECT format('CREATE AGGREGATE %s (%s)', ${aggregateName}, concat_ws(', ',
    ${named("SFUNC", "g.aggtransfn")}, 'STYPE = ' || format_type(g.aggtranstype, NULL), ${sized("SSPACE", "g.aggtransspace")},
    ${named("FINALFUNC", "g.aggfinalfn")}, CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
    'FINALFUNC_MODIFY = ' || ${finalWords("g.aggfinalmodify")}, ${named("COMBINEFUNC", "g.aggcombinefn")},
    ${named("SERIALFUNC", "g.aggserialfn")}, ${named("DESERIALFUNC", "g.aggdeserialfn")},
    'INITCOND = ' || quote_literal(g.agginitval), ${named("MSFUNC", "g.aggmtransfn")}, ${named("MINVFUNC", "g.aggminvtransfn")},
    'MSTYPE = ' || format_type(nullif(g.aggmtranstype, 0), NULL), ${sized("MSSPACE", "g.aggmtransspace")},
    ${named("MFINALFUNC", "g.aggmfinalfn")}, CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
    CASE WHEN g.aggmtranstype <> 0 THEN 'MFINALFUNC_MODIFY = ' || ${finalWords("g.aggmfinalmodify")} END,
    'MINITCOND = ' || quote_literal(g.aggminitval),
    (SELECT format('SORTOP = OPERATOR(%I.%s)', o.oprnamespace::REGNAMESPACE::TEXT, o.oprname) FROM pg_operator AS o
      WHERE o.oid = g.aggsortop),
    'PARALLEL = ' || CASE fun.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END,
    CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END))
  FROM pg_aggregate AS g WHERE g.aggfnoid = fun.oid)`;

const routine = facts({
  kind: "CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END",
  name: `CASE prokind WHEN 'a' THEN ${aggregateName} ELSE fun.oid::REGPROCEDURE::TEXT END`,
  identity: "fun.oid::REGPROCEDURE::TEXT",
  text: `CASE prokind WHEN 'a' THEN ${aggregateText} ELSE pg_get_functiondef(oid) END`,
  signature: "concat_ws(' returns ', pg_get_function_arguments(oid), pg_get_function_result(oid))",
  comment: comment("pg_proc", "fun.oid"),
});

const enumType = facts({
  kind: "'enum'",
  name: "typ.oid::REGTYPE::TEXT",
  labels: names(
    "(SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = typ.oid)",
  ),
  comment: comment("pg_type", "typ.oid"),
});

const domain = facts({
  kind: "'domain'",
  name: "typ.oid::REGTYPE::TEXT",
  type: "format_type(typbasetype, typtypmod)",
  notNull: "typnotnull",
  default: "typdefault",
  collation: `CASE WHEN typcollation <> (SELECT b.typcollation FROM pg_type AS b WHERE b.oid = typ.typbasetype)
    THEN nullif(typcollation, 0)::REGCOLLATION::TEXT END`,
  comment: comment("pg_type", "typ.oid"),
});

const statistics = facts({
  kind: "'statistics'",
  name: "format('%I.%I', x.stxnamespace::REGNAMESPACE::TEXT, x.stxname)",
  text: "pg_get_statisticsobjdef(objid)",
  target: "nullif(x.stxstattarget, -1)",
  comment: comment("pg_statistic_ext", "objid"),
});

/** @param isMissing  An expression: the condition that holds where it is not there. */
const whole = (
  word: string,
  name: string,
  statements: string,
  isMissing: string,
  catalog: string,
  oid: string,
): string =>
  facts({
    kind: "'whole'",
    word: `'${word}'`,
    name,
    statements: `to_jsonb(${statements})`,
    isMissing,
    comment: comment(catalog, oid),
  });

const typeName = (oid: string): string => `coalesce(format_type(nullif(${oid}, 0), NULL), 'NONE')`;
const operatorName = (oid: string): string =>
  `(SELECT format('OPERATOR(%I.%s)', m.nspname, p.oprname) FROM pg_operator AS p
     JOIN pg_namespace AS m ON m.oid = p.oprnamespace WHERE p.oid = ${oid})`;

const operator = whole(
  "OPERATOR",
  `format('%I.%s (%s, %s)', n.nspname, o.oprname, ${typeName("o.oprleft")}, ${typeName("o.oprright")})`,
  `ARRAY[format('CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname, concat_ws(', ',
    'FUNCTION = ' || (SELECT format('%I.%I', m.nspname, p.proname) FROM pg_proc AS p
      JOIN pg_namespace AS m ON m.oid = p.pronamespace WHERE p.oid = o.oprcode),
    'LEFTARG = ' || format_type(nullif(o.oprleft, 0), NULL), 'RIGHTARG = ' || format_type(nullif(o.oprright, 0), NULL),
    'COMMUTATOR = ' || ${operatorName("o.oprcom")}, 'NEGATOR = ' || ${operatorName("o.oprnegate")},
    'RESTRICT = ' || nullif(o.oprrest::OID, 0)::REGPROC::TEXT, 'JOIN = ' || nullif(o.oprjoin::OID, 0)::REGPROC::TEXT,
    CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END))]`,
  "format('to_regoperator(%L) IS NULL', o.oid::REGOPERATOR::TEXT)",
  "pg_operator",
  "objid",
);

const mappings = `(SELECT array_agg(format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %s WITH %s',
    n.nspname, c.cfgname, alias, dictionaries) ORDER BY alias)
  FROM (SELECT k.alias, string_agg(m.mapdict::REGDICTIONARY::TEXT, ', ' ORDER BY m.mapseqno) AS dictionaries
    FROM pg_ts_config_map AS m JOIN ts_token_type(c.cfgparser) AS k ON k.tokid = m.maptokentype
    WHERE m.mapcfg = c.oid GROUP BY k.alias) AS mapping)`;

const configuration = whole(
  "TEXT SEARCH CONFIGURATION",
  "format('%I.%I', n.nspname, c.cfgname)",
  `format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %s)', n.nspname, c.cfgname,
    (SELECT format('%I.%I', m.nspname, p.prsname) FROM pg_ts_parser AS p
      JOIN pg_namespace AS m ON m.oid = p.prsnamespace WHERE p.oid = c.cfgparser)) || ${mappings}`,
  `format('NOT EXISTS (SELECT 1 FROM pg_catalog.pg_ts_config WHERE cfgname = %L AND cfgnamespace = to_regnamespace(%L))',
    c.cfgname, quote_ident(n.nspname))`,
  "pg_ts_config",
  "objid",
);

const cast = facts({
  kind: "'cast'",
  name: "format('(%s AS %s)', format_type(castsource, NULL), format_type(casttarget, NULL))",
  comment: comment("pg_cast", "casting.oid"),
});

const otherFacts = (what: string): string =>
  facts({ kind: "'other'", what, comment: "NULL::TEXT" });

const query = `${catalogItems}
SELECT object, 'itself' AS part, ${facts({
  kind: "'schema'",
  name: "quote_ident(nspname)",
  comment: comment("pg_namespace", "space.oid"),
})} AS definition FROM space
UNION ALL SELECT object, 'itself', ${table} FROM rel WHERE relkind IN ('r', 'p')
UNION ALL SELECT object, 'itself', ${view} FROM rel WHERE relkind IN ('v', 'm')
UNION ALL SELECT object, 'itself', ${sequence} FROM rel JOIN pg_sequence AS q ON q.seqrelid = rel.oid
UNION ALL SELECT object, 'itself', ${facts({
  kind: "'composite type'",
  name: "name",
  comment: comment("pg_class", "rel.oid"),
})} FROM rel WHERE relkind = 'c'
UNION ALL SELECT object, 'itself', ${otherFacts("'a foreign table'")} FROM rel WHERE relkind = 'f'
UNION ALL SELECT * FROM (
  SELECT object, part, ${column} FROM col JOIN pg_type AS t ON t.oid = atttypid
  LEFT JOIN pg_attrdef AS d ON d.adrelid = attrelid AND d.adnum = attnum ORDER BY attrelid, attnum) AS columns
UNION ALL SELECT rel.object, 'constraint ' || quote_ident(k.conname),
  ${constraintFacts("TABLE", "rel.name", "k.conparentid <> 0 OR NOT k.conislocal")}
FROM rel JOIN pg_constraint AS k ON k.conrelid = rel.oid WHERE k.contype NOT IN ('n', 't')
UNION ALL SELECT typ.object, 'constraint ' || quote_ident(k.conname),
  ${constraintFacts("DOMAIN", "typ.oid::REGTYPE::TEXT", "false")}
FROM typ JOIN pg_constraint AS k ON k.contypid = typ.oid WHERE k.contype <> 'n'
UNION ALL SELECT rel.object, 'index ' || quote_ident(i.relname), ${index}
FROM rel JOIN pg_index AS x ON x.indrelid = rel.oid JOIN pg_class AS i ON i.oid = x.indexrelid
UNION ALL SELECT rel.object, 'trigger ' || quote_ident(t.tgname), ${trigger}
FROM rel JOIN pg_trigger AS t ON t.tgrelid = rel.oid WHERE NOT t.tgisinternal
UNION ALL SELECT rel.object, 'policy ' || quote_ident(p.polname),
  ${onTable("policy", "p.polname", policyText, "pg_policy", "p.oid")}
FROM rel JOIN pg_policy AS p ON p.polrelid = rel.oid
UNION ALL SELECT rel.object, 'rule ' || quote_ident(r.rulename),
  ${onTable("rule", "r.rulename", "pg_get_ruledef(r.oid)", "pg_rewrite", "r.oid")}
FROM rel JOIN pg_rewrite AS r ON r.ev_class = rel.oid WHERE r.rulename <> '_RETURN'
UNION ALL SELECT object, 'itself', ${routine} FROM fun
UNION ALL SELECT object, 'itself', ${enumType} FROM typ WHERE typtype = 'e'
UNION ALL SELECT object, 'itself', ${domain} FROM typ WHERE typtype = 'd'
UNION ALL SELECT object, 'itself', ${otherFacts("'a range or base type'")} FROM typ WHERE typtype NOT IN ('e', 'd')
UNION ALL SELECT object, 'itself', CASE classid
  WHEN 'pg_statistic_ext'::REGCLASS THEN (SELECT ${statistics} FROM pg_statistic_ext AS x WHERE x.oid = objid)
  WHEN 'pg_operator'::REGCLASS THEN (SELECT ${operator} FROM pg_operator AS o
    JOIN pg_namespace AS n ON n.oid = o.oprnamespace WHERE o.oid = objid)
  WHEN 'pg_ts_config'::REGCLASS THEN (SELECT ${configuration} FROM pg_ts_config AS c
    JOIN pg_namespace AS n ON n.oid = c.cfgnamespace WHERE c.oid = objid)
  ELSE ${otherFacts("'an object of its kind'")} END FROM other
UNION ALL SELECT object, 'itself', ${cast} FROM casting
UNION ALL SELECT object, 'itself', ${facts({
  kind: "'publication'",
  name: "quote_ident(pubname)",
  comment: comment("pg_publication", "publication.oid"),
})} FROM publication
UNION ALL SELECT rel.object, 'options of toast', ${facts({
  kind: "'toast'",
  of: relationWord("rel.relkind"),
  relation: "rel.name",
  options: names("(SELECT array_agg('toast.' || o) FROM unnest(t.reloptions) AS o)"),
  comment: "NULL::TEXT",
})} FROM rel JOIN pg_class AS t ON t.oid = rel.reltoastrelid WHERE t.reloptions IS NOT NULL
UNION ALL SELECT rel.object, 'statistics of index ' || quote_ident(i.relname), ${facts({
  kind: "'index statistics'",
  name: "i.oid::REGCLASS::TEXT",
  targets: "jsonb_object_agg(a.attnum, a.attstattarget)",
  comment: "NULL::TEXT",
})} FROM rel JOIN pg_index AS x ON x.indrelid = rel.oid JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_attribute AS a ON a.attrelid = i.oid AND a.attnum > 0 AND a.attstattarget >= 0 GROUP BY rel.object, i.oid, i.relname`;

/**
 * Reads them in whatever transaction the caller has open; leaves the session's parameters as they were.
 *
 * @param schemas     Names of the governed schemas.
 * @param parameters  Further parameters while it reads, such as lock_timeout.
 */
export async function readDefinitions(
  client: Client,
  schemas: readonly string[],
  parameters: Readonly<Record<string, string>> = {},
): Promise<Definitions> {
  return printing(client, parameters, async () => {
    const { rows } = await client.query<PlacedDefinition>(query, [schemas]);
    return byPlace(rows);
  });
}
