/**
 * What the catalogs say of objects that are no relation, routine or type: statistics, operators, text search, casts and
 * publications, and of the small print of tables. Pieces of queries; schemaSnapshot.ts puts them together.
 * Does NOT run a query, or print what SQL is written from (see schemaDefinitions.ts).
 */

/**
 * Neither of an extension, whose upgrade is nobody's change by hand, nor made by the server along with a type.
 *
 * @param catalog  An expression: the catalog's object id.
 */
const ownOf = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.classid = ${catalog} AND e.objid = ${oid}
     AND (e.deptype = 'e' OR e.deptype = 'i' AND e.classid IN ('pg_proc'::REGCLASS, 'pg_cast'::REGCLASS)))`;

/** The same, of a catalog by name. */
export const own = (catalog: string, oid: string): string => ownOf(`'${catalog}'::REGCLASS`, oid);

/** Objects below this number came with the server. Source: FirstNormalObjectId in access/transam.h */
const firstOwn = 16_384;

/**
 * `other`: the rest of what lies in a schema, by catalog and object id. `casting`: casts from or to a type of the schemas, or
 * by a function of theirs. `publication`: those that publish a table of theirs. They read space, rel and fun.
 *
 * @param condition  Whether they are looked at.
 */
export const otherItems = (condition: string): string => `other AS (
  SELECT d.classid, d.objid, i.type || ' ' || i.identity AS object
  FROM space AS s JOIN pg_depend AS d ON d.refclassid = 'pg_namespace'::REGCLASS AND d.refobjid = s.oid
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS i
  WHERE d.deptype = 'n' AND d.classid NOT IN ('pg_class'::REGCLASS, 'pg_proc'::REGCLASS, 'pg_type'::REGCLASS,
    'pg_default_acl'::REGCLASS, 'pg_extension'::REGCLASS, 'pg_publication_namespace'::REGCLASS)
    AND ${ownOf("d.classid", "d.objid")} AND ${condition}
), casting AS (
  SELECT c.*, format('cast (%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)) AS object
  FROM pg_cast AS c WHERE c.oid >= ${firstOwn} AND ${own("pg_cast", "c.oid")} AND ${condition} AND (
    EXISTS (SELECT FROM pg_type AS t JOIN space AS s ON s.oid = t.typnamespace WHERE t.oid IN (c.castsource, c.casttarget))
    OR EXISTS (SELECT FROM pg_proc AS p JOIN space AS s ON s.oid = p.pronamespace WHERE p.oid = c.castfunc))
), publication AS (
  SELECT p.*, 'publication ' || quote_ident(p.pubname) AS object
  FROM pg_publication AS p WHERE ${own("pg_publication", "p.oid")} AND ${condition} AND (
    p.puballtables OR EXISTS (SELECT FROM pg_publication_rel AS r JOIN rel ON rel.oid = r.prrelid WHERE r.prpubid = p.oid)
    OR EXISTS (SELECT FROM pg_publication_namespace AS n JOIN space AS s ON s.oid = n.pnnspid WHERE n.pnpubid = p.oid))
)`;

/** Their rows of `item`. */
export const otherItemRows = `
  UNION ALL SELECT classid, objid, 0, object, 'itself' FROM other
  UNION ALL SELECT 'pg_cast'::REGCLASS, oid, 0, object, 'itself' FROM casting
  UNION ALL SELECT 'pg_publication'::REGCLASS, oid, 0, object, 'itself' FROM publication`;

/** What an object of each catalog is beside its name, in words that hold no object id. */
const definitions: Readonly<Record<string, string>> = {
  pg_operator: `SELECT concat_ws(' ', 'function', oprcode::REGPROCEDURE,
      'commutator ' || nullif(oprcom, 0)::REGOPERATOR::TEXT, 'negator ' || nullif(oprnegate, 0)::REGOPERATOR::TEXT,
      'restrict ' || nullif(oprrest::OID, 0)::REGPROC::TEXT, 'join ' || nullif(oprjoin::OID, 0)::REGPROC::TEXT, 'hashes', oprcanhash, 'merges', oprcanmerge)
    FROM pg_operator WHERE oid = objid`,
  pg_opclass: `SELECT concat_ws(' ', 'of', (SELECT format('%I.%I', n.nspname, f.opfname) FROM pg_opfamily AS f
        JOIN pg_namespace AS n ON n.oid = f.opfnamespace WHERE f.oid = opcfamily), 'for', opcintype::REGTYPE,
      'default', opcdefault, 'storage ' || nullif(opckeytype, 0)::REGTYPE::TEXT)
    FROM pg_opclass WHERE oid = objid`,
  pg_opfamily: `SELECT concat_ws(' ',
      (SELECT string_agg(concat_ws(' ', 'operator', o.amopstrategy, o.amopopr::REGOPERATOR, o.amoppurpose), ', '
         ORDER BY o.amopstrategy, o.amopopr::REGOPERATOR::TEXT) FROM pg_amop AS o WHERE o.amopfamily = objid),
      (SELECT string_agg(concat_ws(' ', 'function', o.amprocnum, o.amproc::REGPROCEDURE), ', '
         ORDER BY o.amprocnum, o.amproc::REGPROCEDURE::TEXT) FROM pg_amproc AS o WHERE o.amprocfamily = objid))`,
  pg_ts_config: `SELECT concat_ws(' ', 'parser', (SELECT format('%I.%I', n.nspname, p.prsname) FROM pg_ts_parser AS p
        JOIN pg_namespace AS n ON n.oid = p.prsnamespace WHERE p.oid = c.cfgparser),
      (SELECT string_agg(concat_ws(' ', k.alias, m.mapseqno, m.mapdict::REGDICTIONARY), ', ' ORDER BY k.alias, m.mapseqno)
         FROM pg_ts_config_map AS m JOIN ts_token_type(c.cfgparser) AS k ON k.tokid = m.maptokentype WHERE m.mapcfg = c.oid))
    FROM pg_ts_config AS c WHERE c.oid = objid`,
  pg_ts_dict: `SELECT concat_ws(' ', 'template', (SELECT format('%I.%I', n.nspname, t.tmplname) FROM pg_ts_template AS t
        JOIN pg_namespace AS n ON n.oid = t.tmplnamespace WHERE t.oid = dicttemplate), dictinitoption)
    FROM pg_ts_dict WHERE oid = objid`,
  pg_collation: `SELECT (to_jsonb(c) - '{oid,collname,collnamespace,collowner,collversion}'::TEXT[])::TEXT
    FROM pg_collation AS c WHERE c.oid = objid`,
  pg_conversion: `SELECT concat_ws(' ', 'from', pg_encoding_to_char(conforencoding), 'to', pg_encoding_to_char(contoencoding),
      'by', conproc::REGPROCEDURE, 'default', condefault)
    FROM pg_conversion WHERE oid = objid`,
};

const definitionOf = `CASE classid ${Object.entries(definitions)
  .map(([catalog, text]) => `WHEN '${catalog}'::REGCLASS THEN (${text})`)
  .join("\n")} END`;

/** What a publication sends, of the tables that it has. */
const published = `concat_ws(' ', CASE WHEN puballtables THEN 'all tables:' END, concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END,
    CASE WHEN pubupdate THEN 'update' END, CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END),
  CASE WHEN pubviaroot THEN 'via partition root' END,
  'generated columns ' || nullif(to_jsonb(publication) ->> 'pubgencols', 'n'))`;

/** The lines of all of these; each branch as schemaSnapshot.ts says. */
export const otherLines = `
SELECT object, 'definition', text, false FROM (SELECT object, ${definitionOf} AS text FROM other) AS said WHERE text <> ''
UNION ALL
SELECT o.object, 'target', x.stxstattarget::TEXT, false
FROM other AS o JOIN pg_statistic_ext AS x ON x.oid = o.objid AND o.classid = 'pg_statistic_ext'::REGCLASS WHERE x.stxstattarget >= 0
UNION ALL
SELECT object, 'itself', concat_ws(' ', 'by', CASE castmethod WHEN 'f' THEN castfunc::REGPROCEDURE::TEXT
    WHEN 'i' THEN 'input and output' ELSE 'nothing' END, CASE castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'in assignments' END), false
FROM casting
UNION ALL
SELECT object, 'itself', ${published}, false FROM publication
UNION ALL
SELECT p.object, 'table ' || rel.name, concat_ws(' ', CASE WHEN r.prattrs IS NULL THEN 'all columns' ELSE 'columns ' ||
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
      WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) END, 'where ' || pg_get_expr(r.prqual, r.prrelid)), false
FROM publication AS p JOIN pg_publication_rel AS r ON r.prpubid = p.oid JOIN rel ON rel.oid = r.prrelid
UNION ALL
SELECT p.object, space.object, 'its tables', false
FROM publication AS p JOIN pg_publication_namespace AS n ON n.pnpubid = p.oid JOIN space ON space.oid = n.pnnspid
UNION ALL
SELECT rel.object, 'options of toast', t.reloptions::TEXT, false
FROM rel JOIN pg_class AS t ON t.oid = rel.reltoastrelid WHERE t.reloptions IS NOT NULL
UNION ALL
SELECT rel.object, 'statistics of index ' || quote_ident(i.relname),
  string_agg(format('column %s: %s', a.attnum, a.attstattarget), ', ' ORDER BY a.attnum), false
FROM rel JOIN pg_index AS x ON x.indrelid = rel.oid JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_attribute AS a ON a.attrelid = i.oid AND a.attnum > 0 AND a.attstattarget >= 0 GROUP BY rel.object, i.relname`;
