/**
 * Changes of rows that a file's statements name and that met no row when the file ran: what they do to one was not seen.
 * Pure. Does NOT know what ran (see proof/prover.ts).
 */
import type { SchemaModel } from "../schema/schemaModel";
import { sqlName } from "../sql/sqlText";
import type { StatementImpact } from "./impact";

/**
 * One text for each: "dagapp.notes (UPDATE, line 52)". What leads there unseen, a trigger or a view, is not asked for, nor
 * what the file itself makes.
 *
 * @param model    What was there before the file.
 * @param changed  Tables of which rows were updated or deleted, as SQL writes them; partitions by their own names.
 */
export function unmetWrites(
  impacts: readonly StatementImpact[],
  model: SchemaModel,
  changed: ReadonlySet<string>,
): readonly string[] {
  const texts = impacts.flatMap(({ statement, writes }) =>
    statement.ledger !== null
      ? []
      : writes
          .filter(
            ({ verb, by, isNew }) =>
              (verb === "update" || verb === "delete") && by === null && !isNew,
          )
          .filter(({ object }) => {
            const relation = model.relation(object);
            const family = relation === null ? [] : model.family(relation).map(({ ref }) => ref);
            return ![object, ...family].some((one) => changed.has(sqlName(one)));
          })
          .map(
            ({ object, verb }) =>
              `${sqlName(object)} (${verb.toUpperCase()}, line ${statement.line})`,
          ),
  );
  return [...new Set(texts)];
}
