/**
 * Gate rule repeatable-rollback: its texts, its examples, and what it finds.
 * Does NOT cover what is new, which a rollback drops (see rollback-incomplete).
 */
import { filesBelow } from "../../../files/collection";
import type { MigrationFile } from "../../../files/file";
import { lastWordOf, LastWords, lastWordsOf } from "../../../files/repeatable";
import type { GateInput } from "../../input/gateInput";
import type { RuleFinding } from "../../input/gateRule";
import { docs, fileRule } from "../fileRule";

function wrongBacks(
  file: MigrationFile,
  managed: ReadonlyMap<string, string>,
  { files }: GateInput,
): readonly RuleFinding[] {
  const { rollback } = file;
  if (rollback === null) return [];
  const back = new LastWords(rollback.segments);
  const below = filesBelow(files, file.number);
  return lastWordsOf(file).defined.flatMap(({ what }): readonly RuleFinding[] => {
    const former = managed.has(what) ? lastWordOf(below, what) : null;
    if (former?.word.kind !== "defined") return [];
    const { definition } = former.word;
    const now = back.of(what);
    const isBack = now?.kind === "defined" && now.definition.meaning === definition.meaning;
    if (isBack) return [];
    return [
      {
        file: rollback.fileName,
        line: now?.kind === "defined" ? now.definition.statement.line : (now?.line ?? 1),
        message: `it does not leave ${what} as ${former.file.fileName} made it.`,
        remedy:
          `end with the text of line ${definition.statement.line} there. Written from another text than that ` +
          `one, and applied nowhere: remove both files, and npx ddl new "what changes" --repeatable ${managed.get(what) ?? ""} writes them again.`,
      },
    ];
  });
}

const before = "CREATE OR REPLACE VIEW dagapp.open_notes AS SELECT note_id FROM dagapp.notes;";
const widened =
  "CREATE OR REPLACE VIEW dagapp.open_notes AS SELECT note_id, body FROM dagapp.notes;";
const change = { before, body: widened, repeatables: { open_notes: widened } };

export const repeatableRollback = fileRule({
  id: "repeatable-rollback",
  why: "after it the application meets a text that never ran, and the repeatable file's own history does not have it.",
  source: `Policy, Review: Rollback completeness; ${docs("sql-createview.html")}`,
  problem:
    "The rollback of a repeatable file's change does not bring the text back that ran before.",
  instead: "the former text, as `ddl new --repeatable` writes it into the rollback.",
  bad: {
    ...change,
    rollback:
      "DROP VIEW IF EXISTS dagapp.open_notes;\nCREATE VIEW dagapp.open_notes AS SELECT body FROM dagapp.notes;",
  },
  good: { ...change, rollback: `DROP VIEW IF EXISTS dagapp.open_notes;\n${before}` },
  findInAll: (input) => {
    const managed = new Map(
      (input.repeatables ?? []).flatMap(({ name, definitions }) =>
        definitions.map(({ what }) => [what, name] as const),
      ),
    );
    return managed.size === 0
      ? []
      : input.plan.pending.flatMap((file) => wrongBacks(file, managed, input));
  },
});
