/**
 * What goes on while readers and writers are measured: who holds what, and which change comes in the middle.
 * Pure data. Does NOT run anything.
 */
import type { Change } from "./folders";

export interface Scenario {
  readonly title: string;
  /** What a session does in a transaction that it then keeps open. Empty: nobody holds anything. */
  readonly held: readonly string[];
  /** For how long, in milliseconds. */
  readonly heldMs: number;
  readonly change: Omit<Change, "number">;
  /** The same for this program, where it has a form of its own for it. */
  readonly asBatch?: string;
  /** Whether the change has come to be, and whether something else was left behind: one row of two booleans. */
  readonly outcome: string;
  /** Puts the table back. */
  readonly undo: readonly string[];
}

/** The table that all of them are about. */
export const table = "dagapp.item";

const columnExists = (name: string): string =>
  `SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attname = '${name}' AND NOT attisdropped)`;

/** @param heldMs  For how long the table's reader keeps its transaction open. */
export const scenarios = (heldMs: number): readonly Scenario[] => [
  {
    title: "ADD COLUMN while a transaction that has read the table stays open",
    held: [`SELECT count(*) FROM ${table}`],
    heldMs,
    change: {
      ...{ name: "add_remark", transactional: true, tables: ["item"] },
      sql: `ALTER TABLE ${table} ADD COLUMN remark TEXT;`,
      undo: `ALTER TABLE ${table} DROP COLUMN IF EXISTS remark;`,
    },
    outcome: `${columnExists("remark")} AS done, false AS remains`,
    undo: [`ALTER TABLE ${table} DROP COLUMN IF EXISTS remark`],
  },
  {
    title: "CREATE INDEX CONCURRENTLY while an old snapshot elsewhere stays open",
    held: ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM dagapp.other"],
    heldMs: heldMs / 2,
    change: {
      ...{ name: "index_kind", transactional: false, tables: ["item"] },
      sql: `CREATE INDEX CONCURRENTLY idx_item_kind ON ${table} (kind);`,
      undo: "DROP INDEX IF EXISTS dagapp.idx_item_kind;",
    },
    outcome:
      "SELECT coalesce(bool_or(indisvalid), false) AS done, coalesce(bool_or(NOT indisvalid), false) AS remains " +
      "FROM pg_index WHERE indexrelid = to_regclass('dagapp.idx_item_kind')",
    undo: ["DROP INDEX IF EXISTS dagapp.idx_item_kind"],
  },
  {
    title: "a backfill of every row: in batches by this program, in one UPDATE by the others",
    held: [],
    heldMs: 0,
    change: {
      ...{ name: "fill_kind", transactional: true, tables: ["item"] },
      sql: `UPDATE ${table} SET kind = 'import' WHERE kind IS NULL;`,
      undo: `UPDATE ${table} SET kind = NULL WHERE kind = 'import';`,
    },
    asBatch: `-- batch\nUPDATE ${table} SET kind = 'import' WHERE kind IS NULL;`,
    outcome: `SELECT NOT EXISTS (SELECT FROM ${table} WHERE kind IS NULL) AS done, false AS remains`,
    undo: [`UPDATE ${table} SET kind = NULL`],
  },
];
