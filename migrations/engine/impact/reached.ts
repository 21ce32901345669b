/**
 * What a command of ALTER TABLE reaches: the word that its effects share.
 * Does NOT say what it costs (see tableEffects.ts).
 */
import type { ActionOf } from "../statements/action";
import type { CommandOf, TableCommand } from "../statements/tableAction";
import type { Target } from "./effectDraft";

/** A command with the relations it reaches: the table, and unless ONLY what is below it. */
export interface Reached<K extends TableCommand["kind"]> {
  readonly table: Target;
  readonly family: readonly Target[];
  readonly command: CommandOf<K>;
  readonly relation: ActionOf<"alter table">["relation"];
}
