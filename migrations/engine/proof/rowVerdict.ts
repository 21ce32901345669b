/**
 * Judges what a proof lost: whether the header has declared it. Pure.
 * Does NOT find losses (see rowLosses.ts).
 */
import type { Header } from "../files/header";
import {
  type Leftover,
  leftoversOf,
  lossesOf,
  lossesOfSecondRun,
  type RowLoss,
  type RowState,
} from "./rowLosses";

/** The rows as a proof has seen them, in the order of its steps. */
export interface SeenRows {
  readonly before: RowState;
  readonly up: RowState;
  readonly down: RowState;
  readonly again: RowState;
}

export interface RowVerdict {
  /** What is not the same and should be. */
  readonly differences: readonly string[];
  /** What is lost as the header says, with where it says so. */
  readonly declared: readonly string[];
  readonly remarks: readonly string[];
}

/** Rules whose exception, with its reason, is a word about data that go. */
const aboutLoss: ReadonlySet<string> = new Set([
  ...["ban-drop-table", "ban-drop-column", "ban-drop-cascade", "changing-column-type"],
]);
/** The rule about a rollback that takes what its migration has not brought. */
const takesMore = "rollback-takes-more";

const bare = (name: string): string => name.replaceAll('"', "").toLowerCase();

/**
 * Where the header declares data as lost; null where it does not. "Data recovery" and exceptions are about the tables that
 * the header names and what the migration takes there; that the rollback takes more is a matter of its own.
 */
function declarationOf(
  { rollback, exceptions, impact }: Header,
  { byRollback, table }: RowLoss,
): string | null {
  if (!impact.tablesAffected.some((name) => bare(name) === bare(table))) return null;
  const excepted = exceptions.find(({ rule }) =>
    byRollback ? rule === takesMore : aboutLoss.has(rule),
  );
  if (excepted !== undefined) return `exception ${excepted.rule}`;
  if (byRollback) return null;
  const { dataRecovery, backupReference } = rollback;
  if (dataRecovery === "Not possible") return "Data recovery: Not possible";
  return dataRecovery === "Manual" && backupReference !== null
    ? `Data recovery: Manual, Backup reference: ${backupReference}`
    : null;
}

/** What a verdict must know of tables and columns. */
export interface TableFacts {
  /**
   * Whether one of the two files names a table. Rows of one that it does not name were written by a trigger or a function,
   * as they are whenever rows change: no rollback takes them away.
   */
  readonly isNamed: (table: string) => boolean;
  /** Whether a column changes whenever its row does: other values are no loss. */
  readonly isRestless: (table: string, column: string) => boolean;
}

/** Judges the rows that a proof has seen by what the header declares. */
export function judgeRows(
  header: Header,
  { before, up, down, again }: SeenRows,
  { isNamed, isRestless }: TableFacts,
): RowVerdict {
  const losses = lossesOf(before, up, down);
  const isOwn = ({ table, changed }: RowLoss): boolean =>
    changed !== null && isRestless(table, changed);
  const judged = losses
    .filter((loss) => !isOwn(loss))
    .map((loss) => ({ ...loss, declaration: declarationOf(header, loss) }));
  const isFault = ({ table, isRows }: Leftover): boolean => isRows && isNamed(table);
  const left = leftoversOf(before, down);
  return {
    differences: [
      ...judged
        .filter(({ declaration }) => declaration === null)
        .map(
          ({ text, byRollback }) => `${text}${byRollback ? ": the migration had left them" : ""}`,
        ),
      ...left.filter(isFault).map(({ text }) => text),
      // What is lost already cannot be there again.
      ...(judged.length > 0 ? [] : lossesOfSecondRun(before, up, again, isRestless)),
    ],
    declared: judged.flatMap(({ text, declaration }) =>
      declaration === null ? [] : [`${text} (${declaration})`],
    ),
    remarks: [
      ...losses.filter(isOwn).map(({ text }) => `${text}: they change with every update of a row`),
      ...left.filter((one) => !isFault(one)).map(({ text }) => text),
    ],
  };
}
