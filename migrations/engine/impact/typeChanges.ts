/**
 * What PostgreSQL's types hold of each other: which are stored alike, and which keep every value of another.
 * Does NOT know what a change of type locks (see columnImpacts), or extensions' types: a change between two of them
 * counts as a rewrite.
 */
import type { TypeRef } from "../statements/tableOperation";

const is = ({ schema, name, isArray }: TypeRef, ...wanted: readonly string[]): boolean =>
  schema === null && !isArray && wanted.includes(name);

const sameModifiers = (a: readonly number[] | null, b: readonly number[] | null): boolean =>
  a !== null &&
  b !== null &&
  a.length === b.length &&
  a.every((value, index) => value === b[index]);

/** True when a limit becomes wider or goes away. No limit before: nothing is wider. */
const widens = (from: TypeRef, to: TypeRef): boolean => {
  const [old] = from.modifiers ?? [];
  const [wanted] = to.modifiers ?? [];
  if (to.modifiers?.length === 0) return true;
  return old !== undefined && wanted !== undefined && wanted >= old;
};

function numericWidens(from: TypeRef, to: TypeRef): boolean {
  if (to.modifiers?.length === 0) return true;
  const [oldPrecision, oldScale = 0] = from.modifiers ?? [];
  const [precision, scale = 0] = to.modifiers ?? [];
  return (
    oldPrecision !== undefined &&
    precision !== undefined &&
    scale === oldScale &&
    precision >= oldPrecision
  );
}

/** Types whose limit in parentheses may grow without a look at the rows. */
const limited = ["varchar", "varbit", "timestamp", "timestamptz", "time", "timetz", "interval"];

/**
 * Types that are stored alike: the change is one of the catalog.
 * Source: pg_cast, castmethod "b"; postgresql.org/docs/current/sql-altertable.html, Notes.
 */
const storedAlike: readonly (readonly [string, string])[] = [
  ["cidr", "inet"],
  ["xml", "text"],
  ["oid", "int4"],
  ["int4", "oid"],
  ["oid", "regclass"],
  ["regclass", "oid"],
];

/** True when PostgreSQL leaves the rows as they are. False also when that is not known. */
export function keepsRows(from: TypeRef, to: TypeRef): boolean {
  const alike = from.schema === to.schema && from.name === to.name && from.isArray === to.isArray;
  if (alike && sameModifiers(from.modifiers, to.modifiers)) return true;
  if (is(to, "text") && is(from, "text", "varchar")) return true;
  if (is(from, "text") && is(to, "varchar")) return to.modifiers?.length === 0;
  if (!is(from, from.name) || !is(to, to.name)) return false;
  if (alike && from.name === "numeric") return numericWidens(from, to);
  if (alike && limited.includes(from.name)) return widens(from, to);
  const unlimited = from.modifiers?.length === 0 && to.modifiers?.length === 0;
  return unlimited && storedAlike.some(([a, b]) => is(from, a) && is(to, b));
}

/** From each type those that hold every value of it, so that the way back gives it again. */
const holdsAll: Readonly<Record<string, readonly string[]>> = {
  int2: ["int4", "int8", "numeric", "float4", "float8", "text", "varchar"],
  int4: ["int8", "numeric", "float8", "text", "varchar"],
  int8: ["numeric", "text", "varchar"],
  numeric: ["text", "varchar"],
  float4: ["float8"],
  date: ["timestamp", "text", "varchar"],
  timestamp: ["text", "varchar"],
  time: ["interval", "text", "varchar"],
  varchar: ["text"],
  bpchar: ["text", "varchar"],
  name: ["text", "varchar"],
  char: ["text", "varchar"],
  text: ["varchar"],
  uuid: ["text", "varchar"],
  bool: ["text", "varchar"],
  inet: ["text", "varchar"],
  cidr: ["inet", "text", "varchar"],
  macaddr: ["macaddr8", "text", "varchar"],
  json: ["text", "varchar"],
  jsonb: ["text", "varchar"],
  xml: ["text"],
  bit: ["varbit"],
  oid: ["int8", "text"],
};

/** True when a type has no limit in parentheses, or one that is no narrower. */
function limitFits(from: TypeRef, to: TypeRef): boolean {
  if (to.modifiers === null) return false;
  if (to.modifiers.length === 0) return to.name !== "bpchar" && to.name !== "bit";
  return from.name === "numeric" ? numericWidens(from, to) : widens(from, to);
}

/**
 * True when every value of the old type is kept by the new one. False also when that is not known.
 *
 * @param isEnum  Whether a type is an enum that a file makes: its labels are text.
 */
export function keepsValues(
  from: TypeRef,
  to: TypeRef,
  isEnum: (type: TypeRef) => boolean,
): boolean {
  if (keepsRows(from, to)) return true;
  if (from.isArray !== to.isArray) return false;
  const [old, wanted] = [
    { ...from, isArray: false },
    { ...to, isArray: false },
  ];
  if (isEnum(old))
    return wanted.name === "text" || (wanted.name === "varchar" && limitFits(old, wanted));
  if (old.schema !== null || wanted.schema !== null) return false;
  if (old.name === wanted.name)
    return sameModifiers(old.modifiers, wanted.modifiers) || limitFits(old, wanted);
  if (!(holdsAll[old.name] ?? []).includes(wanted.name)) return false;
  // A limit on another type than before may be too narrow.
  return wanted.modifiers?.length === 0;
}

/** PostgreSQL's own base types: none is a domain, so a new column of one checks nothing. */
const ownTypes = new Set([
  ..."int2 int4 int8 float4 float8 numeric money text varchar bpchar char name bytea bool bit varbit".split(
    " ",
  ),
  ..."date time timetz timestamp timestamptz interval uuid json jsonb xml inet cidr macaddr macaddr8".split(
    " ",
  ),
  ..."point line lseg box path polygon circle tsvector tsquery oid regclass regproc regtype".split(
    " ",
  ),
  ..."int4range int8range numrange daterange tsrange tstzrange int4multirange int8multirange".split(
    " ",
  ),
  ..."nummultirange datemultirange tsmultirange tstzmultirange pg_lsn jsonpath".split(" "),
  ..."serial serial2 serial4 serial8 smallserial bigserial".split(" "),
  // Of extensions that this platform uses.
  ..."geometry geography raster citext hstore ltree".split(" "),
]);

/** False when the type is no base type known here, and may be a domain with a constraint. */
export const isBaseType = ({ name }: TypeRef): boolean => ownTypes.has(name);
