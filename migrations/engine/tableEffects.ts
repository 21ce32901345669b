/**
 * What each command of ALTER TABLE locks, rewrites and reads: one row per command.
 * Does NOT know other statements (see objectEffects, queryEffects). Every row is measured in test/database.
 */
import type { ActionOf, Column, CommandOf, Constraint, TableCommand } from "./action";
import type { LockMode } from "./effect";
import type { EffectDraft, Target } from "./effectDraft";
import { attachEffect, detachEffect, inheritEffect } from "./partitionEffects";
import { isProvenNotNull } from "./schemaModel";
import { dropColumnEffect, dropConstraintEffect } from "./tableDropEffects";
import { isBaseType, keepsRows } from "./typeChanges";

/** A command with the relations it reaches: the table, and unless ONLY what is below it. */
export interface Reached<K extends TableCommand["kind"]> {
  readonly table: Target;
  readonly family: readonly Target[];
  readonly command: CommandOf<K>;
  readonly relation: ActionOf<"alter table">["relation"];
}

type Row<K extends TableCommand["kind"]> = (effects: EffectDraft, reached: Reached<K>) => void;

const lockAll = (effects: EffectDraft, targets: readonly Target[], mode: LockMode): void => {
  for (const target of targets) effects.lock(target, mode);
};
/** The command touches the catalog alone, of the table and of what is below it. */
const family =
  (mode: LockMode): ((effects: EffectDraft, reached: { family: readonly Target[] }) => void) =>
  (effects, { family: reached }) => {
    lockAll(effects, reached, mode);
  };
/** The command touches the catalog alone, of the table. */
const alone =
  (mode: LockMode): ((effects: EffectDraft, reached: { table: Target }) => void) =>
  (effects, { table }) => {
    effects.lock(table, mode);
  };

const rewriteAll = (effects: EffectDraft, targets: readonly Target[]): void => {
  for (const target of targets) effects.rewrite(target);
};
const scanAll = (effects: EffectDraft, targets: readonly Target[]): void => {
  for (const target of targets) effects.scan(target);
};

/** Adding a foreign key stops writes to both tables. Source: PostgreSQL, ALTER TABLE, ADD table_constraint. */
export function foreignKeyEffect(
  effects: EffectDraft,
  reached: readonly Target[],
  constraint: Constraint,
  mode: LockMode,
  scans: boolean,
): void {
  lockAll(effects, reached, mode);
  if (constraint.references === null) return;
  const referenced = effects.find(constraint.references);
  lockAll(effects, effects.family(referenced), mode);
  if (scans) scanAll(effects, reached);
}

function addConstraint(
  effects: EffectDraft,
  reached: readonly Target[],
  constraint: Constraint,
): void {
  const { type, valid, enforced, usingIndex, columns } = constraint;
  if (type === "foreign key") {
    foreignKeyEffect(effects, reached, constraint, "SHARE ROW EXCLUSIVE", valid && enforced);
    return;
  }
  lockAll(effects, reached, "ACCESS EXCLUSIVE");
  const mayBeNull = ({ model }: Target): boolean =>
    model === null || columns.some((column) => !isProvenNotNull(model, column));
  if (type === "check") {
    if (valid && enforced) scanAll(effects, reached);
  } else if (type === "not null") {
    if (valid) scanAll(effects, reached.filter(mayBeNull));
  } else if (usingIndex === null) {
    scanAll(effects, reached);
  } else if (type === "primary key") {
    // The columns are those of the index, which stand in its definition.
    const ofIndex = reached.filter((target) => !isKeyNotNull(effects, target, usingIndex));
    scanAll(effects, ofIndex);
  }
}

function isKeyNotNull(effects: EffectDraft, { model, ref }: Target, index: string): boolean {
  const known = effects.find({ schema: ref.schema, name: index }, "index").model?.index;
  if (model === null || known === null || known === undefined) return false;
  return known.columns.every((column) => isProvenNotNull(model, column));
}

/** Kinds of default for which PostgreSQL writes every row anew. */
const rewritingDefaults: readonly Column["default"][] = [
  "volatile",
  "serial",
  "identity",
  "stored",
];

/** The column's type checks every value: it is a domain with a constraint, or may be one. */
function checksDomain(effects: EffectDraft, { type }: Column): boolean {
  if (isBaseType(type)) return false;
  const model = effects.model.type(type);
  if (model !== null) return model.constrained;
  const name = [type.schema, type.name].filter((part) => part !== null).join(".");
  effects.assume(`no file makes the type ${name}: it may be a domain with a constraint`);
  return true;
}

const addColumn: Row<"add column"> = (effects, { family: reached, command, relation }) => {
  const { column, constraints } = command;
  lockAll(effects, reached, "ACCESS EXCLUSIVE");
  if (relation !== "table") return;
  if (rewritingDefaults.includes(column.default) || checksDomain(effects, column)) {
    rewriteAll(effects, reached);
  }
  // Without a value every row would be NULL, and is asked.
  if (column.notNull && column.default === "none") scanAll(effects, reached);
  for (const constraint of constraints.filter(({ type }) => type !== "not null")) {
    const isNull = constraint.type === "foreign key" && column.default === "none";
    addConstraint(effects, reached, isNull ? { ...constraint, valid: false } : constraint);
  }
};

const alterType: Row<"alter type"> = (effects, { table, family: reached, command, relation }) => {
  const { column, type, collation, computed } = command;
  lockAll(effects, reached, "ACCESS EXCLUSIVE");
  if (relation !== "table") return;
  for (const target of reached) {
    const { model, ref } = target;
    const old = model?.columns.get(column);
    if (old === undefined) {
      const name = [ref.schema, ref.name, column].filter((part) => part !== null).join(".");
      effects.assume(`the type of ${name} is not known, so a rewrite is taken for granted`);
    }
    if (old === undefined || computed || !keepsRows(old.type, type)) {
      effects.rewrite(target);
      effects.loseData(table, false);
      continue;
    }
    const uses = model?.constraints.filter(({ columns }) => columns.includes(column)) ?? [];
    if (uses.some(({ type: kind, valid }) => kind === "check" && valid)) effects.scan(target);
    const recollated = old.collation !== collation;
    for (const index of effects.all(model?.indexes ?? [])) {
      const definition = index.model?.index;
      if (definition?.columns.includes(column) !== true) continue;
      if (recollated || definition.computed) {
        effects.rewrite(index);
        effects.scan(target);
      }
    }
  }
  lockForeignKeysOf(effects, reached, column);
};

/** Foreign keys on a column whose type changes are made anew, at both ends. */
function lockForeignKeysOf(effects: EffectDraft, reached: readonly Target[], column: string): void {
  for (const { model } of reached) {
    for (const { type, columns, target } of model?.constraints ?? []) {
      if (type !== "foreign key" || target === null || !columns.includes(column)) continue;
      lockAll(effects, effects.all([target]), "ACCESS EXCLUSIVE");
    }
    for (const referencing of effects.all(model?.referencedBy ?? [])) {
      const keys = referencing.model?.constraints.filter((one) => one.target === model?.id) ?? [];
      const isKey = keys.some(
        ({ referencedColumns }) =>
          referencedColumns.length === 0 || referencedColumns.includes(column),
      );
      if (isKey) effects.lock(referencing, "ACCESS EXCLUSIVE");
    }
  }
}

const setNotNull: Row<"set not null"> = (effects, { family: reached, command }) => {
  lockAll(effects, reached, "ACCESS EXCLUSIVE");
  for (const target of reached) {
    const { model } = target;
    if (model === null || !isProvenNotNull(model, command.column)) effects.scan(target);
  }
};

const setExpression: Row<"set expression"> = (effects, { family: reached, command }) => {
  lockAll(effects, reached, "ACCESS EXCLUSIVE");
  for (const target of reached) {
    if (target.model?.columns.get(command.column)?.default !== "virtual") effects.rewrite(target);
  }
};

const validate: Row<"validate constraint"> = (effects, { table, family: reached, command }) => {
  lockAll(effects, reached, "SHARE UPDATE EXCLUSIVE");
  scanAll(effects, reached);
  const constraint = table.model?.constraints.find(({ name }) => name === command.constraint);
  if (constraint === undefined) {
    effects.assume(
      `no file makes the constraint ${command.constraint}: a foreign key locks its other table as well, ROW SHARE`,
    );
  }
  if (constraint?.references !== null && constraint !== undefined) {
    lockAll(effects, effects.family(effects.find(constraint.references)), "ROW SHARE");
  }
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

const writeAnew: (effects: EffectDraft, reached: { table: Target }) => void = (
  effects,
  { table },
) => {
  effects.lock(table, "ACCESS EXCLUSIVE");
  // A partitioned table has no rows of its own.
  if (table.model?.partitionKey == null) effects.rewrite(table);
};

const ownerEffect: Row<"owner to"> = (effects, { table }) => {
  const owned = [...(table.model?.indexes ?? []), ...(table.model?.sequences ?? [])];
  lockAll(effects, [table, ...effects.all(owned)], "ACCESS EXCLUSIVE");
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
  "set identity": family("ACCESS EXCLUSIVE"),
  "drop identity": family("ACCESS EXCLUSIVE"),
  "set statistics": family("SHARE UPDATE EXCLUSIVE"),
  "set column options": alone("SHARE UPDATE EXCLUSIVE"),
  "set storage": family("ACCESS EXCLUSIVE"),
  "set compression": family("ACCESS EXCLUSIVE"),
  "set foreign options": alone("ACCESS EXCLUSIVE"),
  "add constraint": (effects, { family: reached, command }) => {
    addConstraint(effects, reached, command.constraint);
  },
  "drop constraint": dropConstraintEffect,
  "validate constraint": validate,
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
  "set logged": writeAnew,
  "set unlogged": writeAnew,
  "set without oids": family("ACCESS EXCLUSIVE"),
  "set access method": writeAnew,
  "set tablespace": writeAnew,
  "enable trigger": family("SHARE ROW EXCLUSIVE"),
  "disable trigger": family("SHARE ROW EXCLUSIVE"),
  "enable rule": alone("ACCESS EXCLUSIVE"),
  "disable rule": alone("ACCESS EXCLUSIVE"),
  "of type": alone("ACCESS EXCLUSIVE"),
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
  const row = rows[command.kind] as Row<typeof command.kind>;
  row(effects, reached);
}
