/**
 * What a command of ALTER TABLE reaches: the word that its impacts share.
 * Does NOT say what it costs (see tableImpacts.ts).
 */
import type { OperationOf } from "../statements/operation";
import type { CommandOf, TableCommand } from "../statements/tableOperation";
import type { Target } from "./impactBuilder";

/** A command with the relations it reaches: the table, and unless ONLY what is below it. */
export interface Reached<K extends TableCommand["kind"]> {
  readonly table: Target;
  readonly family: readonly Target[];
  readonly command: CommandOf<K>;
  readonly relation: OperationOf<"alter table">["relation"];
}
