/**
 * Gate rule repeatable-differs: its texts, its examples, and what it finds.
 * Does NOT cover what a replacement does to its users (see view-meaning-changed, code-in-use-replaced) nor its rollback.
 */
import { inOrder } from "../../../files/collection";
import { lastWordOf, type RepeatableFile } from "../../../files/repeatable";
import type { GateInput } from "../../input/gateInput";
import type { RuleFinding } from "../../input/gateRule";
import { docs, fileRule } from "../fileRule";

const carry = (name: string): string => `npx ddl new "what changes" --repeatable ${name}`;

function differences(
  { files, drafts = [] }: GateInput,
  { name, fileName, definitions }: RepeatableFile,
): readonly RuleFinding[] {
  const ordered = inOrder([...files, ...drafts]);
  return definitions.flatMap(({ what, meaning, statement: { line, column } }) => {
    const last = lastWordOf(ordered, what);
    const place = { file: fileName, line, column };
    if (last === null) {
      const message = `no migration has this ${what}.`;
      return [{ ...place, message, remedy: `write the migration that carries it: ${carry(name)}` }];
    }
    const { file, word } = last;
    if (word.kind === "dropped") {
      const message = `${file.fileName} drops this ${what}.`;
      const remedy = `take it out of the file, or write the migration that brings it back: ${carry(name)}`;
      return [{ ...place, message, remedy }];
    }
    if (word.kind !== "defined") {
      const message = `${file.fileName}:${word.line} changes ${what} in place, so this text is not all of it.`;
      return [{ ...place, message, remedy: `say here what it shall be, then: ${carry(name)}` }];
    }
    if (word.definition.meaning === meaning) return [];
    const message = `${what} is here not as ${file.fileName} makes it.`;
    const remedy = `changed here: ${carry(name)}. Changed there: bring this file to the migration's text.`;
    return [{ ...place, message, remedy }];
  });
}

const before = "CREATE VIEW dagapp.open_notes AS SELECT note_id FROM dagapp.notes;";
const widened =
  "CREATE OR REPLACE VIEW dagapp.open_notes AS SELECT note_id, body FROM dagapp.notes;";
const change = {
  before,
  body: widened,
  rollback: `DROP VIEW IF EXISTS dagapp.open_notes;\n${before}`,
};

export const repeatableDiffers = fileRule({
  id: "repeatable-differs",
  why: "whoever reads the repeatable file takes it for what runs, and what was changed there alone runs nowhere.",
  source: `Policy, Incremental migrations only; ${docs("sql-createview.html")}`,
  problem:
    "A file of `repeatable/` says of a view or function what no migration carries, or another text than the last one.",
  instead:
    "the same text in both: `ddl new --repeatable` writes the migration and its rollback from the file.",
  bad: { ...change, repeatables: { open_notes: before.replace("CREATE", "CREATE OR REPLACE") } },
  good: { ...change, repeatables: { open_notes: widened } },
  warnsWhileIdle: true,
  findInAll: (input) => (input.repeatables ?? []).flatMap((file) => differences(input, file)),
});
