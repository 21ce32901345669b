/**
 * What a statement that no transaction may hold is about, and what to do when an earlier attempt at it was cut off.
 * Pure. Does NOT look at the database or run anything (see concurrent.ts).
 */
import { parseStatements } from "../sql/parser";
import { asList, asNode, asText, dig, names, type TreeNode } from "../sql/tree";
import type { Statement } from "../statements/statements";

/** A name as the SQL gives it, unquoted; without a schema the search path finds it. */
export interface Name {
  readonly schema: string | null;
  readonly name: string;
}

/** Statements whose half-done work can be told and cleared away; of all others nothing is known. */
export type ConcurrentWork =
  | { readonly kind: "create index"; readonly table: Name; readonly index: Name }
  | { readonly kind: "drop index"; readonly index: Name }
  | { readonly kind: "reindex"; readonly scope: "table" | "index" | "schema"; readonly on: Name }
  | { readonly kind: "detach"; readonly table: Name; readonly partition: Name }
  | { readonly kind: "other" };

/**
 * What the database has of it. For an index: there and usable, there and not, not there. For a partition: attached,
 * detached, half way ("invalid").
 */
export type Condition = "valid" | "invalid" | "absent";

/** What to do: run the statement, clear away first, finish a detach, or nothing because it is done. */
export type Approach = "run" | "clear and run" | "finalize" | "done";

const other: ConcurrentWork = { kind: "other" };

function nameOf(value: unknown): Name {
  const node = asNode(dig(value, "RangeVar")) ?? asNode(value);
  return { schema: asText(node?.["schemaname"]), name: asText(node?.["relname"]) ?? "" };
}

function nameFromList(value: unknown): Name {
  const parts = names(dig(value, "List", "items"));
  return { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? "" };
}

const reindexScopes: Readonly<Record<string, "table" | "index" | "schema">> = {
  REINDEX_OBJECT_TABLE: "table",
  REINDEX_OBJECT_INDEX: "index",
  REINDEX_OBJECT_SCHEMA: "schema",
};

/** By node tag; each is called only for the CONCURRENTLY form. */
const readers: Readonly<Record<string, (node: TreeNode) => ConcurrentWork>> = {
  IndexStmt: (node) => {
    const table = nameOf(node["relation"]);
    return {
      kind: "create index",
      table,
      index: { schema: table.schema, name: asText(node["idxname"]) ?? "" },
    };
  },
  DropStmt: (node) => ({ kind: "drop index", index: nameFromList(asList(node["objects"])[0]) }),
  ReindexStmt: (node) => {
    const scope = reindexScopes[asText(node["kind"]) ?? ""];
    if (scope === undefined) return other;
    const on =
      scope === "schema"
        ? { schema: null, name: asText(node["name"]) ?? "" }
        : nameOf(node["relation"]);
    return { kind: "reindex", scope, on };
  },
  AlterTableStmt: (node) => ({
    kind: "detach",
    table: nameOf(node["relation"]),
    partition: nameOf(dig(asList(node["cmds"])[0], "AlterTableCmd", "def", "PartitionCmd", "name")),
  }),
};

/** Reads what a statement is about. @param statement  One that is not transactional. */
export function concurrentWork(statement: Statement): ConcurrentWork {
  const parsed = parseStatements(statement.text);
  const [raw] = "reason" in parsed ? [] : parsed;
  if (raw === undefined || !Object.hasOwn(readers, raw.tag)) return other;
  return readers[raw.tag]?.(raw.node) ?? other;
}

/**
 * Decides how to go about it.
 *
 * @param before  What there was before the first attempt, or null when this is the first.
 * @param now     What there is now.
 */
export function chooseApproach(
  kind: ConcurrentWork["kind"],
  before: Condition | null,
  now: Condition,
): Approach {
  switch (kind) {
    case "create index":
      // The server reports success before we can record it; IF NOT EXISTS need not be there.
      if (now === "valid" && before !== null && before !== "valid") return "done";
      return now === "invalid" ? "clear and run" : "run";
    case "drop index":
      return now === "absent" && before !== null && before !== "absent" ? "done" : "run";
    case "detach":
      if (now === "invalid") return "finalize";
      return now === "absent" && before !== null && before !== "absent" ? "done" : "run";
    case "reindex":
      return now === "invalid" ? "clear and run" : "run";
    case "other":
      return "run";
  }
}

/** What must hold when it is done. @returns what is wrong, or null. */
export function judgeResult(kind: ConcurrentWork["kind"], after: Condition): string | null {
  switch (kind) {
    case "create index":
      if (after === "invalid") return "the index is invalid after it was built";
      return after === "valid" ? null : "the table has no index of that name; another one may have";
    case "reindex":
      return after === "valid" ? null : "an index is invalid after it was built again";
    case "drop index":
      return after === "absent" ? null : "the index is still there";
    case "detach":
      return after === "absent" ? null : "the partition is still attached";
    case "other":
      return null;
  }
}
