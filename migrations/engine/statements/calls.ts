/**
 * What an expression or a query calls: functions, and what may hide one: operators and the types that it casts to.
 * Does NOT know bodies (see schemaModel, which keeps those that files make).
 */
import { isHarmless } from "../sql/knownFunctions";
import type { ObjectName } from "../sql/objectName";
import { asList, asText, dig, names, type TreeNode, walk } from "../sql/tree";
import { sequenceName } from "./generatedNames";

/** Called code by name, as QueryUse has it. */
export interface Calls {
  readonly unknownFunctions: readonly string[];
  readonly shadowable: readonly string[];
  readonly resets: readonly ObjectName[];
}

/** A text constant, cast or not; null for anything else. */
const constantOf = (value: unknown): string | null =>
  asText(dig(value, "A_Const", "sval", "sval")) ??
  (dig(value, "TypeCast", "arg") === undefined ? null : constantOf(dig(value, "TypeCast", "arg")));

/** The parts of a name inside a text constant: `m.t`, `"M"."t"`. */
const partsOf = (text: string): readonly string[] =>
  (text.match(/"(?:[^"]|"")*"|[^.]+/g) ?? []).map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  );

/** The sequence that setval is called for. */
function sequenceOf(argument: unknown): ObjectName {
  const text = constantOf(argument);
  const named = (parts: readonly string[]): ObjectName => ({
    schema: parts.at(-2) ?? null,
    name: parts.at(-1) ?? "",
  });
  if (text !== null) return named(partsOf(text));
  const inner = dig(argument, "TypeCast", "arg") ?? argument;
  const [table, column] = asList(dig(inner, "FuncCall", "args")).map(constantOf);
  const isSerial = names(dig(inner, "FuncCall", "funcname")).at(-1) === "pg_get_serial_sequence";
  if (!isSerial || table == null || column == null) return { schema: null, name: "" };
  const { schema, name } = named(partsOf(table));
  return { schema, name: sequenceName(name, column) };
}

/** Dotted name of the operator of an expression, with `operator ` before it; null for another node. */
function operatorOf(key: string, node: TreeNode): string | null {
  const field = key === "A_Expr" ? "name" : key === "SubLink" ? "operName" : null;
  const parts = field === null ? [] : names(node[field]);
  return parts.length === 0 || parts[0] === "pg_catalog" ? null : `operator ${parts.join(".")}`;
}

/** The type of a cast, with `type ` before it; null for PostgreSQL's own and for another node. */
function castTo(key: string, node: TreeNode): string | null {
  const parts = key === "TypeCast" ? names(dig(node, "typeName", "names")) : [];
  return parts.length === 0 || parts[0] === "pg_catalog" ? null : `type ${parts.join(".")}`;
}

/** The types of the columns that a function in FROM is said to return. */
const columnTypes = (node: TreeNode): readonly string[] =>
  asList(node["coldeflist"]).flatMap((item) => {
    const parts = names(dig(item, "ColumnDef", "typeName", "names"));
    return parts.length < 2 || parts[0] === "pg_catalog" ? [] : [`type ${parts.join(".")}`];
  });

/** Gathers what nodes call, while a tree is walked. */
export class CallCollector {
  private readonly functions = new Set<string>();
  private readonly others = new Set<string>();
  private readonly sequences: ObjectName[] = [];

  visit(key: string, node: TreeNode): void {
    if (key === "FuncCall") {
      const parts = names(node["funcname"]);
      if (parts.at(-1) === "setval") this.sequences.push(sequenceOf(asList(node["args"])[0]));
      // A name of PostgreSQL's own schema means its function and no other.
      if (!isHarmless(parts)) this.functions.add(parts.join("."));
      else if (parts[0] !== "pg_catalog") this.others.add(parts.join("."));
    }
    if (key === "RangeFunction") for (const type of columnTypes(node)) this.others.add(type);
    const other = operatorOf(key, node) ?? castTo(key, node);
    if (other !== null) this.others.add(other);
  }

  get calls(): Calls {
    return {
      unknownFunctions: [...this.functions],
      shadowable: [...this.others],
      resets: this.sequences,
    };
  }
}

/** What any tree calls. */
export function calledIn(tree: unknown): Calls {
  const collector = new CallCollector();
  walk({ tree }, (key, node) => {
    collector.visit(key, node);
  });
  return collector.calls;
}
