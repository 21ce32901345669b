/**
 * Reads the repeatable files that a new migration shall carry, and judges what carrying them means for what is in use.
 * Does NOT write SQL (see repeatableChange.ts) or a file (see commands/new.ts).
 */
import { parseDraft } from "../../migrations/engine/files/draft";
import { repeatableFolder } from "../../migrations/engine/files/repeatable";
import { checkDraft } from "../../migrations/engine/gate/draftCheck";
import { loadMigrations } from "../../migrations/engine/survey/load";
import { BadInputError } from "../../stack/errors";
import { strictestTier } from "../../stack/tier";
import { UsageError } from "../frame/command";
import { nearestName } from "../frame/nearest";
import type { Change } from "./change";
import { type NewMigration, newMigrationFiles } from "./newMigration";
import { changedInPlace, changeOfRepeatables } from "./repeatableChange";

/** Rules that a replacement breaks by its nature: whoever carries it says in the header why it may. */
const ofReplacing: ReadonlySet<string> = new Set(["view-meaning-changed", "code-in-use-replaced"]);

/** Rules that need an exception with a person's reason, in the tier that asks the most. */
function askedExceptions(
  draft: NewMigration,
  number: number,
  files: Parameters<typeof checkDraft>[1],
): readonly string[] {
  const bytes = Buffer.from(newMigrationFiles(draft).forward);
  const parsed = parseDraft({ name: `${draft.name}.sql`, bytes }, number);
  if (parsed === null) return [];
  const scope = { schemas: draft.change?.schemas ?? [], now: new Date() };
  const found = checkDraft(parsed, files, strictestTier, scope).map(({ rule }) => rule);
  return [...new Set(found.filter((rule) => ofReplacing.has(rule)))];
}

/**
 * @param names      Of repeatable files, with or without `.sql`, in the order in which they shall run.
 * @param described  The new migration but for its change.
 * @param reason     Why a rule need not hold that a replacement breaks; undefined: a person writes it later.
 * @returns          The change, null where the migrations have all that the files say; and what is to be told.
 * @throws {UsageError}    there is no such file.
 * @throws {BadInputError} files of the folder have problems.
 */
export async function readRepeatables(
  names: readonly string[],
  folder: string,
  described: NewMigration,
  reason: string | undefined,
): Promise<{
  readonly change: Change | null;
  readonly tables: readonly string[];
  readonly said: string;
  readonly isWhole: boolean;
}> {
  const { migrations, repeatables, problems } = await loadMigrations(folder);
  if (problems.length > 0) throw new BadInputError(problems);
  const known = repeatables.map(({ name }) => name);
  const chosen = [...new Set(names.map((name) => name.replace(/\.sql$/, "")))].map((name) => {
    const file = repeatables.find((one) => one.name === name);
    if (file !== undefined) return file;
    const near = nearestName(name, known);
    throw new UsageError(
      `There is no ${repeatableFolder}/${name}.sql among the migrations.`,
      near === null ? "write it first: CREATE OR REPLACE …" : `did you mean ${near}?`,
    );
  });
  const inPlace = changedInPlace(chosen, migrations);
  if (inPlace.length > 0) {
    throw new UsageError(
      `What a rollback has to bring back is not known, since it was changed in place: ${inPlace.join(", ")}.`,
      "write this migration and its rollback by hand; the next ones can be written from the file again.",
    );
  }
  const change = changeOfRepeatables(chosen, migrations);
  const files = chosen.map(({ fileName }) => fileName).join(", ");
  if (change === null) {
    const said = `Nothing differs between ${files} and the migrations: no file is written.`;
    return { change: null, tables: [], said, isWhole: true };
  }
  const number = Number(described.name.slice(0, described.name.indexOf("_")));
  const exceptions = askedExceptions({ ...described, change }, number, migrations);
  const said = [
    `Carries ${files}.`,
    ...(reason === undefined
      ? exceptions.map((rule) => `Say in EXCEPTIONS why ${rule} need not hold.`)
      : exceptions.map((rule) => `${rule} need not hold: ${reason}`)),
  ].join("\n");
  const excepted = reason === undefined ? {} : { exceptionReason: reason };
  return { change: { ...change, exceptions, ...excepted }, tables: [], said, isWhole: true };
}
