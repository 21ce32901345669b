/**
 * What each command of ALTER TABLE locks, rewrites and reads: one row per command.
 * Does NOT know other statements (see objectEffects, queryEffects). Every row is measured in test/database.
 */
import type { LockMode } from "../sql/lockModes";
import type { ActionOf } from "../statements/action";
import type { TableCommand } from "../statements/tableAction";
import { addColumn, alterType, setExpression, setNotNull } from "./columnEffects";
import { addConstraint, validateConstraint } from "./constraintEffects";
import type { EffectDraft, Target } from "./effectDraft";
import { attachEffect, detachEffect, inheritEffect } from "./partitionEffects";
import type { Reached } from "./reached";
import { dropColumnEffect, dropConstraintEffect } from "./tableDropEffects";

type Row<K extends TableCommand["kind"]> = (effects: EffectDraft, reached: Reached<K>) => void;

/** The command touches the catalog alone, of the table and of what is below it. */
const family =
  (mode: LockMode): ((effects: EffectDraft, reached: { family: readonly Target[] }) => void) =>
  (effects, reached) => {
    effects.lockAll(reached.family, mode);
  };
/** The command touches the catalog alone, of the table. */
const alone =
  (mode: LockMode): ((effects: EffectDraft, reached: { table: Target }) => void) =>
  (effects, { table }) => {
    effects.lock(table, mode);
  };

/** The command touches the sequence of an identity column as well. */
const identity =
  (mode: LockMode): Row<"set identity" | "restart identity" | "drop identity"> =>
  (effects, { table, family: reached, command }) => {
    effects.lockAll(reached, "ACCESS EXCLUSIVE");
    const sequences = effects.all(table.model?.sequences ?? []);
    const own = sequences.filter(({ model }) => model?.column === command.column);
    effects.lockAll(own.length > 0 ? own : sequences, mode);
    if (command.kind === "restart identity") for (const one of own) effects.reset(one);
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

const setOptions: Row<"set options" | "reset options"> = (effects, { table, command }) => {
  const isSoft = command.options.every((option) => {
    const name = option.replace(/^toast\./, "");
    return softOptions.has(name) || name.startsWith("autovacuum_");
  });
  effects.lock(table, isSoft ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
};

/** The rows move to other files; a partitioned table has none of its own. */
const writeAnew =
  (withSequences: boolean): ((effects: EffectDraft, reached: { table: Target }) => void) =>
  (effects, { table }) => {
    effects.lock(table, "ACCESS EXCLUSIVE");
    if (withSequences) {
      effects.lockAll(effects.all(table.model?.sequences ?? []), "ACCESS EXCLUSIVE");
    }
    if (table.model?.partitionKey == null) effects.rewrite(table);
  };

const ownerEffect: Row<"owner to"> = (effects, { table }) => {
  const owned = [...(table.model?.indexes ?? []), ...(table.model?.sequences ?? [])];
  effects.lockAll([table, ...effects.all(owned)], "ACCESS EXCLUSIVE");
};

const rows: { readonly [K in TableCommand["kind"]]: Row<K> } = {
  "add column": addColumn,
  "drop column": dropColumnEffect,
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
  "add constraint": (effects, { family: reached, command }) => {
    addConstraint(effects, reached, command.constraint);
  },
  "drop constraint": dropConstraintEffect,
  "validate constraint": validateConstraint,
  "alter constraint": family("ACCESS EXCLUSIVE"),
  "attach partition": attachEffect,
  "detach partition": detachEffect,
  inherit: inheritEffect,
  "no inherit": inheritEffect,
  "set options": setOptions,
  "reset options": setOptions,
  "owner to": ownerEffect,
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
  "of type": (effects, { table, command }) => {
    effects.lock(table, "ACCESS EXCLUSIVE");
    effects.lock(effects.find(command.type, "type"), "ACCESS SHARE");
  },
  "not of type": alone("ACCESS EXCLUSIVE"),
  "replica identity": alone("ACCESS EXCLUSIVE"),
  "enable row security": alone("ACCESS EXCLUSIVE"),
  "disable row security": alone("ACCESS EXCLUSIVE"),
  "force row security": alone("ACCESS EXCLUSIVE"),
  "no force row security": alone("ACCESS EXCLUSIVE"),
  "set foreign table options": alone("ACCESS EXCLUSIVE"),
  "unknown command": (effects, { table, command }) => {
    effects.lock(table, "ACCESS EXCLUSIVE");
    effects.noteUnknown(`ALTER TABLE with ${command.subtype} is not known to this program`);
  },
};

/** One command of ALTER TABLE. */
export function alterTableEffect(effects: EffectDraft, action: ActionOf<"alter table">): void {
  const { command, relation, only } = action;
  const table = effects.find(action.table, relation);
  if (relation === "table") effects.assumeAlone(table);
  const reached = { table, family: effects.family(table, only), command, relation };
  if (relation === "type") effects.lockAll(effects.typedTables(action.table), "ACCESS EXCLUSIVE");
  const row = rows[command.kind] as Row<typeof command.kind>;
  row(effects, reached);
}
