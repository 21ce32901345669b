/**
 * Reading libpg-query's parse trees: plain JSON objects, one key per node tag.
 * Does NOT know any statement (see statementKinds and ledgerStatements).
 */

/** A JSON object of the parse tree. */
export type TreeNode = Readonly<Record<string, unknown>>;

/** The value as a node, or null when it is a scalar, a list or absent. */
export function asNode(value: unknown): TreeNode | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as TreeNode)
    : null;
}

/** The value as a list; absent lists are empty. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The value as text, or null. */
export function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Follows keys downwards: `dig(node, "RangeVar", "relname")`. Undefined when a key is missing. */
export function dig(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((current, key) => asNode(current)?.[key], value);
}

/** The texts of a list of `{String: {sval}}` nodes. */
export function names(value: unknown): readonly string[] {
  return asList(value).flatMap((item) => asText(dig(item, "String", "sval")) ?? []);
}

/** `schema.table` of a RangeVar, wrapped in its tag or not; null when it is none. */
export function relationName(value: unknown): string | null {
  const relation = asNode(dig(value, "RangeVar")) ?? asNode(value);
  const name = asText(relation?.["relname"]);
  if (name === null) return null;
  const schema = asText(relation?.["schemaname"]);
  return schema === null ? name : `${schema}.${name}`;
}

/** The dotted name of any object reference that DROP, COMMENT, ALTER … OWNER and so on use. */
export function objectName(value: unknown): string | null {
  const relation = relationName(value);
  if (relation !== null) return relation;
  const single = asText(dig(value, "String", "sval"));
  if (single !== null) return single;
  const parts = names(
    Array.isArray(value)
      ? value
      : (dig(value, "List", "items") ??
          dig(value, "TypeName", "names") ??
          dig(value, "ObjectWithArgs", "objname") ??
          dig(value, "names")),
  );
  if (parts.length > 0) return parts.join(".");
  // DROP TRIGGER, OPERATOR CLASS and the like nest a list of types or names in the list.
  const nested = asList(dig(value, "List", "items")).flatMap((item) => objectName(item) ?? []);
  return nested.length > 0 ? nested.join(".") : null;
}

/** True when a list of options, as in `VACUUM (FULL, ANALYZE false)`, has one that is not switched off. */
export function hasOption(options: unknown, name: string): boolean {
  return asList(options).some((item) => {
    const option = asNode(dig(item, "DefElem"));
    if (option?.["defname"] !== name) return false;
    const word = asText(dig(option["arg"], "String", "sval"))?.toLowerCase() ?? "on";
    const number = dig(option["arg"], "Integer");
    const isZero = number !== undefined && dig(number, "ival") === undefined;
    const isFalse =
      dig(option["arg"], "Boolean") !== undefined &&
      dig(option["arg"], "Boolean", "boolval") !== true;
    return !isZero && !isFalse && word !== "false" && word !== "off";
  });
}

/** Calls `visit(tag or field, node)` for every object below the value, without recursion. */
export function walk(value: unknown, visit: (key: string, node: TreeNode) => void): void {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const current = open.pop();
    if (Array.isArray(current)) {
      for (const item of current) open.push(item);
      continue;
    }
    const node = asNode(current);
    if (node === null) continue;
    // Not by entries: a tree has tens of thousands of them, most without anything below.
    for (const key of Object.keys(node)) {
      const child = node[key];
      if (typeof child !== "object" || child === null) continue;
      const childNode = asNode(child);
      if (childNode !== null) visit(key, childNode);
      open.push(child);
    }
  }
}
