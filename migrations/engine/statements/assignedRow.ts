/**
 * What a trigger's function makes of the row that is about to be written: the columns of NEW that it gives another value.
 * Pure. Does NOT read what its statements do (see plpgsqlOperations.ts), or know which trigger runs it.
 */
import { asList, asText, dig, type TreeNode, walk } from "../sql/tree";

/** The whole row: NEW is another record, or OLD is given back. */
export const wholeRow = "*";

/** The name that a place for values has in a function: a column of NEW, all of it, or nothing that is written. */
function columnAt(datums: readonly unknown[], place: unknown): string | null {
  const at = typeof place === "number" ? place : 0;
  const isNew = (index: unknown): boolean =>
    dig(datums[typeof index === "number" ? index : 0], "PLpgSQL_rec", "refname") === "new";
  if (isNew(at)) return wholeRow;
  const field = dig(datums[at], "PLpgSQL_recfield");
  if (field === undefined || !isNew(dig(field, "recparentno"))) return null;
  return asText(dig(field, "fieldname"));
}

/** What only says when a row was written, or fills in what was not given. */
const ofClock =
  /:?=\s*(?:coalesce\s*\(\s*new\.|(?:(?:pg_catalog\.)?(?:now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|current_timestamp|localtimestamp|current_date)(?:\s+at\s+time\s+zone\s+'[^']*')?(?:::[\w\s]+)?\s*$)/i;

/** Statements that put a value into one place, by what holds its number. */
const single: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_foreach_a: "varno",
  PLpgSQL_diag_item: "target",
};

/**
 * @param tree  A parsed function (see parsePlpgsql).
 * @returns     Columns, each once; `wholeRow` for all of them. Of OLD given back it is said apart: of a deletion that is usual.
 */
export function assignedRow(tree: unknown): {
  readonly columns: readonly string[];
  readonly givesOld: boolean;
} {
  const columns = new Set<string>();
  let givesOld = false;
  const add = (datums: readonly unknown[], place: unknown): void => {
    const column = columnAt(datums, place);
    if (column !== null) columns.add(column);
  };
  const ofStatement = (datums: readonly unknown[], key: string, node: TreeNode): void => {
    if (key === "PLpgSQL_stmt_assign") {
      const text = asText(dig(node, "expr", "PLpgSQL_expr", "query")) ?? "";
      if (!ofClock.test(text)) add(datums, node["varno"]);
    }
    const field = Object.hasOwn(single, key) ? single[key] : undefined;
    if (field !== undefined) add(datums, node[field]);
    if (key === "PLpgSQL_row") {
      for (const one of asList(node["fields"])) add(datums, dig(one, "varno"));
    }
    if (key === "PLpgSQL_rec" && node["refname"] === "new") columns.add(wholeRow);
    if (key !== "PLpgSQL_stmt_return") return;
    const { retvarno, expr } = node;
    const given = asText(dig(expr, "PLpgSQL_expr", "query"));
    const datum = typeof retvarno === "number" ? datums[retvarno] : undefined;
    if (dig(datum, "PLpgSQL_rec", "refname") === "old") givesOld = true;
    if (given !== null && /^\s*old\s*$/i.test(given)) givesOld = true;
  };
  walk(tree, (key, node) => {
    if (key !== "PLpgSQL_function") return;
    const datums = asList(node["datums"]);
    // A function of no trigger has no NEW.
    if (!datums.some((one) => dig(one, "PLpgSQL_rec", "refname") === "new")) return;
    walk(node["action"], (inner, one) => {
      ofStatement(datums, inner, one);
    });
  });
  return { columns: [...columns], givesOld };
}
