/**
 * What the rules of this folder share (header).
 * Does NOT hold a rule and does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { type StatementEffect } from "../../../impact/effect";
import { lockModes } from "../../../sql/lockModes";
import { sqlName } from "../../../sql/sqlText";
import { actOf, type Subject } from "../../input/subject";

export const weight = (mode: (typeof lockModes)[number]): number => lockModes.indexOf(mode);

interface Named {
  readonly schema: string | null;
  readonly name: string;
}

/** Tables that the effect's statement finds in place. */
export function existing<T extends Named>(
  subject: Subject,
  effect: StatementEffect,
  tables: readonly T[],
): readonly T[] {
  const act = actOf(subject, effect.statement);
  const isOwn = (table: Named): boolean =>
    effect.creates.some((made) => sqlName(made) === sqlName(table));
  return act === undefined
    ? []
    : tables.filter((table) => !subject.isNew(table, act) && !isOwn(table));
}

export const jobsRegion = {
  body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
  rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
} as const;
