/**
 * What a statement that no transaction may hold is about, and what to do when an earlier attempt at it was cut off.
 * Pure. Does NOT look at the database or run anything (see concurrent.ts).
 */
import type { ObjectName } from "../sql/objectName";
import type { Operation } from "../statements/operation";
import type { Statement } from "../statements/statements";

/** Statements whose half-done work can be told and cleared away; of all others nothing is known. */
export type ConcurrentWork =
  | { readonly kind: "create index"; readonly table: ObjectName; readonly index: ObjectName }
  | { readonly kind: "drop index"; readonly index: ObjectName }
  | {
      readonly kind: "reindex";
      readonly scope: "table" | "index" | "schema";
      readonly on: ObjectName;
    }
  | { readonly kind: "detach"; readonly table: ObjectName; readonly partition: ObjectName }
  | { readonly kind: "other" };

/**
 * What the database has of it. For an index: there and usable, there and not, not there. For a partition: attached,
 * detached, half way ("invalid").
 */
export type Condition = "valid" | "invalid" | "absent";

/** What to do: run the statement, clear away first, finish a detach, or nothing because it is done. */
export type Approach = "run" | "clear and run" | "finalize" | "done";

/** What one operation of such a statement leaves behind when it is cut off; null where it is none of these. */
function workOf(operation: Operation): ConcurrentWork | null {
  switch (operation.kind) {
    case "create index": {
      const { table, name } = operation;
      return { kind: "create index", table, index: { schema: table.schema, name: name ?? "" } };
    }
    case "drop": {
      const [index] = operation.objects;
      return index === undefined ? null : { kind: "drop index", index };
    }
    case "reindex": {
      const { what: scope, target } = operation;
      const isKnown = scope === "table" || scope === "index" || scope === "schema";
      return isKnown && target !== null ? { kind: "reindex", scope, on: target } : null;
    }
    case "alter table": {
      const { table, command } = operation;
      return command.kind === "detach partition"
        ? { kind: "detach", table, partition: command.partition }
        : null;
    }
    // Meant for every other kind, new ones too: of what they leave nothing is known, so they only run again.
    default:
      return null;
  }
}

/** What a statement is about. @param statement  One that is not transactional. */
export const concurrentWork = ({ operations }: Statement): ConcurrentWork =>
  operations.map(workOf).find((work) => work !== null) ?? { kind: "other" };

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
