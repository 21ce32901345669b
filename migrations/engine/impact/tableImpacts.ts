/**
 * What each command of ALTER TABLE locks, rewrites and reads: one row per command.
 * Does NOT know other statements (see objectImpacts, queryImpacts). Every row is measured in test/database.
 */
import type { LockMode } from "../sql/lockModes";
import type { OperationOf } from "../statements/operation";
import type { TableCommand } from "../statements/tableOperation";
import { addColumn, alterType, setExpression, setNotNull } from "./columnImpacts";
import { addConstraint, alterConstraint, validateConstraint } from "./constraintImpacts";
import { dropColumnImpact, dropConstraintImpact } from "./dropImpacts";
import type { ImpactBuilder, Target } from "./impactBuilder";
import { attachImpact, detachImpact, inheritImpact } from "./partitionImpacts";
import type { Reached } from "./reached";

type Row<K extends TableCommand["kind"]> = (impacts: ImpactBuilder, reached: Reached<K>) => void;

/** The command touches the catalog alone, of the table and of what is below it. */
const family =
  (mode: LockMode): ((impacts: ImpactBuilder, reached: { family: readonly Target[] }) => void) =>
  (impacts, reached) => {
    impacts.lockAll(reached.family, mode);
  };
/** The command touches the catalog alone, of the table. */
const alone =
  (mode: LockMode): ((impacts: ImpactBuilder, reached: { table: Target }) => void) =>
  (impacts, { table }) => {
    impacts.lock(table, mode);
  };

/** The command touches the sequence of an identity column as well. */
const identity =
  (mode: LockMode): Row<"set identity" | "restart identity" | "drop identity"> =>
  (impacts, { table, family: reached, command }) => {
    impacts.lockAll(reached, "ACCESS EXCLUSIVE");
    const sequences = impacts.all(table.model?.sequences ?? []);
    const own = sequences.filter(({ model }) => model?.column === command.column);
    impacts.lockAll(own.length > 0 ? own : sequences, mode);
    if (command.kind === "restart identity") for (const one of own) impacts.reset(one);
  };

/** Options that a running table can take on. Source: PostgreSQL, AlterTableGetRelOptionsLockLevel. */
const softOptions = new Set([
  "fillfactor",
  "toast_tuple_target",
  "parallel_workers",
  "vacuum_truncate",
  "log_autovacuum_min_duration",
  "vacuum_index_cleanup",
  "vacuum_max_eager_freeze_failure_rate",
  "n_distinct",
  "deduplicate_items",
]);

const setOptions: Row<"set options" | "reset options"> = (impacts, { table, command }) => {
  const isSoft = command.options.every((option) => {
    const name = option.name.replace(/^toast\./, "");
    return softOptions.has(name) || name.startsWith("autovacuum_");
  });
  impacts.lock(table, isSoft ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
};

/** The rows move to other files; a partitioned table has none of its own. */
const writeAnew =
  (withSequences: boolean): ((impacts: ImpactBuilder, reached: { table: Target }) => void) =>
  (impacts, { table }) => {
    impacts.lock(table, "ACCESS EXCLUSIVE");
    if (withSequences) {
      impacts.lockAll(impacts.all(table.model?.sequences ?? []), "ACCESS EXCLUSIVE");
    }
    if (table.model?.partitionKey == null) impacts.rewrite(table);
  };

const ownerImpact: Row<"owner to"> = (impacts, { table }) => {
  const owned = [...(table.model?.indexes ?? []), ...(table.model?.sequences ?? [])];
  impacts.lockAll([table, ...impacts.all(owned)], "ACCESS EXCLUSIVE");
};

const commandImpacts: { readonly [K in TableCommand["kind"]]: Row<K> } = {
  "add column": addColumn,
  "drop column": dropColumnImpact,
  "alter type": alterType,
  "set default": family("ACCESS EXCLUSIVE"),
  "drop default": family("ACCESS EXCLUSIVE"),
  "set not null": setNotNull,
  "drop not null": family("ACCESS EXCLUSIVE"),
  "set expression": setExpression,
  "drop expression": family("ACCESS EXCLUSIVE"),
  "add identity": family("ACCESS EXCLUSIVE"),
  "set identity": identity("SHARE ROW EXCLUSIVE"),
  "restart identity": identity("SHARE ROW EXCLUSIVE"),
  "drop identity": identity("ACCESS EXCLUSIVE"),
  "set statistics": family("SHARE UPDATE EXCLUSIVE"),
  "set column options": alone("SHARE UPDATE EXCLUSIVE"),
  "set storage": family("ACCESS EXCLUSIVE"),
  "set compression": family("ACCESS EXCLUSIVE"),
  "set foreign options": alone("ACCESS EXCLUSIVE"),
  "add constraint": (impacts, { family: reached, command }) => {
    addConstraint(impacts, reached, command.constraint);
  },
  "drop constraint": dropConstraintImpact,
  "validate constraint": validateConstraint,
  "alter constraint": alterConstraint,
  "attach partition": attachImpact,
  "detach partition": detachImpact,
  inherit: inheritImpact,
  "no inherit": inheritImpact,
  "set options": setOptions,
  "reset options": setOptions,
  "owner to": ownerImpact,
  "cluster on": alone("SHARE UPDATE EXCLUSIVE"),
  "set without cluster": alone("SHARE UPDATE EXCLUSIVE"),
  "set logged": writeAnew(true),
  "set unlogged": writeAnew(true),
  "set without oids": family("ACCESS EXCLUSIVE"),
  "set access method": writeAnew(false),
  "set tablespace": writeAnew(false),
  "enable trigger": family("SHARE ROW EXCLUSIVE"),
  "enable always trigger": family("SHARE ROW EXCLUSIVE"),
  "enable replica trigger": family("SHARE ROW EXCLUSIVE"),
  "disable trigger": family("SHARE ROW EXCLUSIVE"),
  "enable rule": alone("ACCESS EXCLUSIVE"),
  "enable always rule": alone("ACCESS EXCLUSIVE"),
  "enable replica rule": alone("ACCESS EXCLUSIVE"),
  "disable rule": alone("ACCESS EXCLUSIVE"),
  "of type": (impacts, { table, command }) => {
    impacts.lock(table, "ACCESS EXCLUSIVE");
    impacts.lock(impacts.find(command.type, "type"), "ACCESS SHARE");
  },
  "not of type": alone("ACCESS EXCLUSIVE"),
  "replica identity": alone("ACCESS EXCLUSIVE"),
  "enable row security": alone("ACCESS EXCLUSIVE"),
  "disable row security": alone("ACCESS EXCLUSIVE"),
  "force row security": alone("ACCESS EXCLUSIVE"),
  "no force row security": alone("ACCESS EXCLUSIVE"),
  "set foreign table options": alone("ACCESS EXCLUSIVE"),
  "unknown command": (impacts, { table, command }) => {
    impacts.lock(table, "ACCESS EXCLUSIVE");
    impacts.noteUnknown(`ALTER TABLE with ${command.subtype} is not known to this program`);
  },
};

/** One command of ALTER TABLE. */
export function alterTableImpact(
  impacts: ImpactBuilder,
  operation: OperationOf<"alter table">,
): void {
  const { command, relation, only } = operation;
  const table = impacts.find(operation.table, relation);
  if (relation === "table") impacts.assumeAlone(table);
  const reached = { table, family: impacts.family(table, only), command, relation };
  if (relation === "type")
    impacts.lockAll(impacts.typedTables(operation.table), "ACCESS EXCLUSIVE");
  const row = commandImpacts[command.kind] as Row<typeof command.kind>;
  row(impacts, reached);
}
