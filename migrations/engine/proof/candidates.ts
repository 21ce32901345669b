/**
 * Values that a column may hold, in the order in which they are worth trying. Pure and deterministic.
 * Does NOT know whether the table takes them: the server says so, and which constraint it was (see rowFiller.ts).
 */
import { createHash } from "node:crypto";

import { textOfPattern } from "./patternText";
import type { ColumnShape, TableShape, TypeShape } from "./tableShape";

/** Types by their number. */
export type Types = ReadonlyMap<number, TypeShape>;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

const baseDay = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
/** A day, as a date's text: so many days from the first of 2026. */
const day = (days: number): string =>
  new Date(baseDay + days * dayMs).toISOString().slice(0, "2026-01-01".length);

const integers = (k: number): readonly string[] =>
  [k + 1, 1, 2, 0, k + 50, 100 + k, -1 - k].map(String);
/** A fraction that takes up what the type can hold, so that a narrower one is seen to lose it. */
const micros = (k: number): string =>
  String(123_457 + k)
    .padStart(6, "0")
    .slice(-6);
const instants = (k: number): readonly string[] => [
  ...[k, k + 1000, k - 1000].map((days) => `${day(days)} 0${k % 10}:07:09.${micros(k)}+00`),
  ...[k, k + 1000, k - 1000, 0, 3650 + k].map((days) => `${day(days)} 0${k % 10}:00:00+00`),
];
/** With digits behind the point in every second row; whole ones stay the likeliest where a check wants them. */
const fractions = (k: number): readonly string[] =>
  k % 2 === 0 ? integers(k) : [`${k + 1}.${1234567 + k}`, `${k + 1}.25`, ...integers(k)];

/** Points of an area apart from those of other rows. */
const ring = (k: number): string => `(${k},${k}),(${k},${k + 1}),(${k + 1},${k + 1})`;
const wkt = (k: number): readonly string[] => {
  const at = `${k % 90} ${k % 90}`;
  const to = `${(k % 90) + 1} ${(k % 90) + 1}`;
  const area = `((${at}, ${at.split(" ")[0] ?? ""} ${to.split(" ")[1] ?? ""}, ${to}, ${at}))`;
  return [
    `POINT(${at})`,
    `POLYGON${area}`,
    `MULTIPOLYGON(${area})`,
    `LINESTRING(${at}, ${to})`,
    `MULTILINESTRING((${at}, ${to}))`,
    `MULTIPOINT((${at}))`,
  ];
};

/** By the name of the type, for row k. A type that is not here is tried with a number and an empty text. */
const byType: Readonly<Record<string, (k: number) => readonly string[]>> = {
  smallint: integers,
  integer: integers,
  bigint: integers,
  oid: integers,
  xid8: integers,
  numeric: (k) => [...fractions(k), "0.5"],
  real: (k) => [...fractions(k), "0.5"],
  "double precision": (k) => [...fractions(k), "0.5"],
  money: integers,
  boolean: (k) => (k % 2 === 0 ? ["false", "true"] : ["true", "false"]),
  // Kept to the letter: what jsonb would make of it is another text.
  json: (k) => [`{"z":  ${k}, "a": 1}`, `{"n": ${k}}`, "{}", "[]", `"t${k}"`, "1"],
  jsonb: (k) => [`{"n": ${k}}`, "{}", "[]", `"t${k}"`, "1"],
  "timestamp with time zone": instants,
  "timestamp without time zone": instants,
  date: (k) => [k, k + 1000, k - 1000, 0].map(day),
  "time with time zone": (k) => [
    `${k % 24}:07:09.${micros(k)}+00`,
    `${k % 24}:00:00+00`,
    "23:59:00+00",
    "00:00:00+00",
  ],
  "time without time zone": (k) => [
    `${k % 24}:07:09.${micros(k)}`,
    `${k % 24}:00:00`,
    "23:59:00",
    "00:00:00",
  ],
  interval: (k) => [`${k + 1} days 03:07:09.${micros(k)}`, `${k + 1} hours`, "1 day", "0"],
  inet: (k) => [`10.0.${k >> 8}.${k % 256}`, `10.0.${k % 256}.0/24`],
  cidr: (k) => [`10.${k >> 8}.${k % 256}.0/24`],
  macaddr: (k) => [`08:00:2b:01:02:${(k % 256).toString(16).padStart(2, "0")}`],
  macaddr8: (k) => [`08:00:2b:ff:fe:01:02:${(k % 256).toString(16).padStart(2, "0")}`],
  bytea: (k) => [`\\x${digest(String(k)).slice(0, 8)}`],
  xml: (k) => [`<a>${k}</a>`],
  point: (k) => [`(${k},${k})`],
  line: (k) => [`{1,-1,${k}}`],
  lseg: (k) => [`[(${k},${k}),(${k + 1},${k})]`],
  box: (k) => [`(${k + 1},${k + 1}),(${k},${k})`],
  path: (k) => [`[${ring(k)}]`],
  polygon: (k) => [`(${ring(k)})`],
  circle: (k) => [`<(${k},${k}),1>`],
  tsvector: (k) => [`word${k}`],
  tsquery: (k) => [`word${k}`],
  pg_lsn: (k) => [`0/${(k + 1).toString(16).toUpperCase()}`],
  '"char"': (k) => [String.fromCharCode(97 + (k % 26))],
  geometry: (k) =>
    wkt(k)
      .map((text) => `SRID=4326;${text}`)
      .concat(wkt(k)),
  geography: (k) => wkt(k).map((text) => `SRID=4326;${text}`),
  hstore: (k) => [`a=>${k}`],
  ltree: (k) => [`a.b${k}`],
};

const textTypes = new Set(["text", "character varying", "character", "citext", "name"]);
const numberTypes = new Set([
  "smallint",
  "integer",
  "bigint",
  "numeric",
  "real",
  "double precision",
]);
/** pg_attribute.atttypmod of texts counts four bytes more; that of numeric holds precision and scale. */
const modifierOffset = 4;

const texts = (name: string, k: number): readonly string[] => {
  const hex = digest(`${name}${k}`);
  return [
    `${name.slice(0, 12)}_${k}`,
    `a${k}`,
    hex,
    `https://example.org/${k}`,
    `a${k}@example.org`,
    `${k}.0.0`,
    `A${k}`,
    String(1000 + k),
    uuid(hex),
  ];
};

const uuid = (hex: string): string =>
  [
    [0, 8],
    [8, 12],
    [13, 16],
    [17, 20],
    [20, 32],
  ]
    .map(
      ([from, to], place) => `${place === 2 ? "4" : place === 3 ? "8" : ""}${hex.slice(from, to)}`,
    )
    .join("-");

/** What a CHECK says about values: its texts, whether they are patterns, and its numbers. */
interface Hints {
  readonly literals: readonly string[];
  readonly patterns: readonly string[];
  readonly numbers: readonly number[];
  readonly isAboutLength: boolean;
}

const literalForm = /'((?:[^']|'')*)'/g;

function hintsOf(definitions: readonly string[]): Hints {
  const literals: string[] = [];
  const patterns: string[] = [];
  const numbers: number[] = [];
  for (const definition of definitions) {
    for (const match of definition.matchAll(literalForm)) {
      const text = (match[1] ?? "").replaceAll("''", "'");
      const isPattern = /(~\*?|SIMILAR TO)\s*$/.test(definition.slice(0, match.index));
      (isPattern ? patterns : literals).push(text);
    }
    const bare = definition.replace(literalForm, " ");
    for (const match of bare.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])/g)) {
      numbers.push(Number(match[0]));
    }
  }
  return {
    ...{ literals, patterns, numbers },
    isAboutLength: definitions.some((one) => /length\(/i.test(one)),
  };
}

const rotated = <T>(list: readonly T[], by: number): readonly T[] =>
  list.length === 0 ? [] : [...list.slice(by % list.length), ...list.slice(0, by % list.length)];

/** Numbers that lie within what a CHECK names, then at and beside each of its bounds. */
function numbersWithin({ numbers }: Hints, k: number): readonly string[] {
  if (numbers.length === 0) return [];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const width = Math.max(1, Math.floor(most - least) + 1);
  return [
    least + (most > least ? k % width : k + 1),
    ...numbers.flatMap((one) => [one, one + 1, one - 1]),
  ].map(String);
}

const stretched = (text: string, length: number): string =>
  text.length > length ? text.slice(text.length - length) : text.padEnd(length, "x");

/** Texts that a CHECK names, or that match it, or that are as long as it says. */
function textsWithin(hints: Hints, name: string, k: number): readonly string[] {
  const matching = hints.patterns.flatMap((pattern) =>
    [k, k + 7, k * 31 + 1].flatMap((number) => textOfPattern(pattern, number) ?? []),
  );
  const long = hints.isAboutLength
    ? hints.numbers
        .filter((length) => length >= 0 && length < 10_000)
        .flatMap((length) => [length, length + 1, Math.max(0, length - 1)])
        .map((length) => stretched(`${name.slice(0, 8)}${k}`, length))
    : [];
  return [...matching, ...rotated(hints.literals, k), ...long];
}

/** JSON that has the keys, or is of the kind, that a CHECK names. */
function jsonWithin({ literals, numbers }: Hints, k: number): readonly string[] {
  if (literals.length === 0) return [];
  const value = numbers[0] ?? `v${k}`;
  const object = Object.fromEntries(literals.map((key) => [key, value]));
  return [JSON.stringify(object), ...literals.map((text) => JSON.stringify(text))];
}

/** Cuts a text to its column, so that texts of different rows stay different. */
function fitted(text: string, modifier: number, k: number): string {
  const most = modifier - modifierOffset;
  if (modifier < modifierOffset || text.length <= most) return text;
  const mark = k.toString(36);
  return mark.length >= most
    ? mark.slice(mark.length - most)
    : text.slice(0, most - mark.length) + mark;
}

/** Whether a number fits numeric(precision, scale). */
function fitsNumeric(text: string, modifier: number): boolean {
  if (modifier < modifierOffset) return true;
  const [precision, scale] = [
    (modifier - modifierOffset) >> 16,
    (modifier - modifierOffset) & 0x7ff,
  ];
  return Math.abs(Number(text)) < 10 ** (precision - scale);
}

/** Inside of arrays and composite values each part stands in quotes. */
const inQuotes = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/**
 * Values of a type, the likeliest first; none where nothing is known to be one.
 *
 * @param name    What it is for: texts begin with it.
 * @param k       Number of the row: others get other values where there are others.
 * @param checks  Definitions of CHECKs that look at the value.
 */
function valuesOf(
  types: Types,
  id: number,
  modifier: number,
  name: string,
  k: number,
  checks: readonly string[],
): readonly string[] {
  const type = types.get(id);
  if (type === undefined) return [];
  const of = (inner: number | null, more = modifier, row = k): readonly string[] =>
    inner === null ? [] : valuesOf(types, inner, more, name, row, checks);
  if (type.kind === "d") {
    const own = type.checks.map(({ definition }) => definition);
    const mod = type.modifier >= 0 ? type.modifier : modifier;
    return type.inner === null
      ? []
      : valuesOf(types, type.inner, mod, name, k, [...checks, ...own]);
  }
  if (type.isArray) {
    const [first, second] = of(type.inner);
    return first === undefined
      ? ["{}"]
      : [
          // More than one, so that an array made one value is seen to lose some.
          ...(k % 2 === 1 ? [`{${inQuotes(first)},${inQuotes(second ?? first)}}`] : []),
          ...[`{${inQuotes(first)}}`, "{}", `{${inQuotes(first)},${inQuotes(second ?? first)}}`],
        ];
  }
  // A label that was added last is what a migration has just brought: rows of before do not hold it.
  if (type.kind === "e") {
    return [...rotated(type.labels.slice(0, 3), k), ...type.labels.slice(3)];
  }
  if (type.kind === "c") {
    const parts = type.attributes.map(
      ({ type: part, modifier: mod }) => valuesOf(types, part, mod, name, k, [])[0],
    );
    return [`(${parts.map((part) => (part === undefined ? "" : inQuotes(part))).join(",")})`];
  }
  if (type.kind === "r") {
    const [from, to] = [of(type.inner, -1, 2 * k)[0], of(type.inner, -1, 2 * k + 1)[0]];
    return from === undefined || to === undefined ? ["empty"] : [`["${from}","${to}")`, "empty"];
  }
  if (type.kind === "m") return of(type.inner).map((range) => `{${range}}`);
  const hints = hintsOf(checks);
  if (textTypes.has(type.name)) {
    return [...textsWithin(hints, name, k), ...texts(name, k)].map((text) =>
      fitted(text, modifier, k),
    );
  }
  if (numberTypes.has(type.name)) {
    const all = [...numbersWithin(hints, k), ...(byType[type.name]?.(k) ?? [])];
    const whole = /int$|integer/.test(type.name)
      ? all.map((one) => String(Math.trunc(Number(one))))
      : all;
    return type.name === "numeric" ? whole.filter((one) => fitsNumeric(one, modifier)) : whole;
  }
  if (type.name === "uuid") return [uuid(digest(`${name}${k}`)), uuid(digest(`${name}${k}.`))];
  if (type.name === "bit" || type.name === "bit varying") {
    return [k.toString(2).padStart(Math.max(1, modifier), "0").slice(-Math.max(1, modifier))];
  }
  const bare = type.name.split(".").at(-1) ?? type.name;
  const known = byType[type.name]?.(k) ?? byType[bare]?.(k) ?? [...hints.literals, String(k), ""];
  if (type.name.startsWith("json"))
    return [...known.slice(0, 1), ...jsonWithin(hints, k), ...known.slice(1)];
  return [...known, ...rotated(hints.literals, k)];
}

/** Values that stand in the bounds of partitions, at the column's place in the key: each belongs to its partition. */
function valuesOfBounds({ partitionKey, bounds }: TableShape, column: string): readonly string[] {
  const place = partitionKey.indexOf(column);
  if (place < 0) return [];
  return bounds.flatMap((bound) => {
    const list = /^FOR VALUES (IN|FROM) \(((?:'(?:[^']|'')*'|[^')])*)\)/.exec(bound);
    const values = [...(list?.[2] ?? "").matchAll(/'((?:[^']|'')*)'|[^,\s][^,]*/g)].map(
      ([whole, quoted]) => (quoted ?? whole.trim()).replaceAll("''", "'"),
    );
    const fit = list?.[1] === "IN" ? values : values.slice(place, place + 1);
    return fit.filter((one) => !/^(MINVALUE|MAXVALUE|NULL)$/.test(one));
  });
}

/** Keys of this program's rows begin here: what a migration inserts itself begins at 1. */
const farKey = 700_001;
const apart = new Set(["integer", "bigint"]);

/**
 * Values to try for a column of a table in row k, the likeliest first.
 *
 * @param k  From 0; different rows get different values where the type has them.
 */
export function candidatesOf(
  types: Types,
  table: TableShape,
  column: ColumnShape,
  k: number,
): readonly string[] {
  const checks = table.constraints
    .filter(({ columns, check }) => check !== "" && columns.includes(column.name))
    .map(({ check }) => check);
  // Of a CHECK about several columns, what it names may be another's.
  const alone = checks.filter((check) =>
    table.constraints.some((one) => one.check === check && one.columns.length === 1),
  );
  const isKey = table.constraints.some(
    (one) => one.check === "" && one.columns.includes(column.name),
  );
  const values = [
    ...rotated(valuesOfBounds(table, column.name), k),
    ...(isKey && checks.length === 0 && apart.has(types.get(column.type)?.name ?? "")
      ? [String(farKey + k)]
      : []),
    ...valuesOf(types, column.type, column.modifier, column.name, k, alone),
    ...(alone.length === checks.length
      ? []
      : valuesOf(types, column.type, column.modifier, column.name, k, checks)),
  ];
  return [...new Set(values)];
}

/** Whether the column must have a value: its own NOT NULL, or that of its domain. */
export const mustHave = (types: Types, { notNull, type }: ColumnShape): boolean =>
  notNull || types.get(type)?.notNull === true;

/** Names of the CHECKs of a column's domain, however deep. */
export function domainChecksOf(types: Types, id: number): readonly string[] {
  const type = types.get(id);
  if (type?.kind !== "d") return [];
  return [
    ...type.checks.map(({ name }) => name),
    ...(type.inner === null ? [] : domainChecksOf(types, type.inner)),
  ];
}
