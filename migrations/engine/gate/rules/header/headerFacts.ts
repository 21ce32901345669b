/**
 * What the rules of this folder share (header).
 * Does NOT hold a rule and does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { type StatementImpact } from "../../../impact/impact";
import { lockModes } from "../../../sql/lockModes";
import { sqlName } from "../../../sql/sqlText";
import { placedOperationOf, type Subject } from "../../input/subject";

export const weight = (mode: (typeof lockModes)[number]): number => lockModes.indexOf(mode);

interface Named {
  readonly schema: string | null;
  readonly name: string;
}

/** Tables that the impact's statement finds in place. */
export function existing<T extends Named>(
  subject: Subject,
  impact: StatementImpact,
  tables: readonly T[],
): readonly T[] {
  const placed = placedOperationOf(subject, impact.statement);
  const isOwn = (table: Named): boolean =>
    impact.creates.some((made) => sqlName(made) === sqlName(table));
  return placed === undefined
    ? []
    : tables.filter((table) => !subject.isNew(table, placed) && !isOwn(table));
}
