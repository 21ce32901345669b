/**
 * What repeatable files say and the migrations do not yet, as the change of a new migration: their statements, and in the
 * rollback the texts before. Pure.
 * Does NOT judge it (see the gate) or write a file (see commands/new.ts).
 */
import { inOrder } from "../../migrations/engine/files/collection";
import type { MigrationFile } from "../../migrations/engine/files/file";
import {
  columnCount,
  type Definition,
  lastDefinition,
  lastWordOf,
  type RepeatableFile,
} from "../../migrations/engine/files/repeatable";
import type { Change, Impact } from "./change";

/** A definition that no migration has, with the one before it, or null. */
interface Changed {
  readonly now: Definition;
  readonly former: Definition | null;
}

const isComment = ({ what }: Definition): boolean => what.startsWith("comment on ");

/** `view` and `dagapp.open_jobs` of `view dagapp.open_jobs`. */
function partsOf(what: string): readonly [kind: string, name: string] {
  const bare = what.replace(/^comment on /, "");
  const at = bare.indexOf(" ");
  return [bare.slice(0, at), bare.slice(at + 1)];
}

function changedIn(
  repeatables: readonly RepeatableFile[],
  files: readonly MigrationFile[],
): readonly Changed[] {
  const ordered = inOrder(files);
  return repeatables
    .flatMap(({ definitions }) => definitions)
    .flatMap((now) => {
      const former = lastDefinition(ordered, now.what);
      return former?.meaning === now.meaning ? [] : [{ now, former }];
    });
}

/** What was changed in place since it was defined: what it was like before, no file says. One line each. */
export function changedInPlace(
  repeatables: readonly RepeatableFile[],
  files: readonly MigrationFile[],
): readonly string[] {
  const ordered = inOrder(files);
  return repeatables
    .flatMap(({ definitions }) => definitions)
    .flatMap(({ what }) => {
      const last = lastWordOf(ordered, what);
      return last?.word.kind === "changed in place"
        ? [`${what} by ${last.file.fileName}:${last.word.line}`]
        : [];
    });
}

/** OR REPLACE takes no column away from a view: with more of them now, the former text needs a DROP before it. */
function mustBeDropped({ now, former }: Changed): boolean {
  if (former === null || partsOf(now.what)[0] !== "view") return false;
  const [after, before] = [columnCount(now), columnCount(former)];
  return after !== null && before !== null && after > before;
}

const replacing = (text: string): string =>
  text.replace(/^CREATE\s+(?!OR\s+REPLACE\b)/i, "CREATE OR REPLACE ");

/** What takes one change back. Without semicolons. */
function backOf(change: Changed, files: readonly MigrationFile[]): readonly string[] {
  const { now, former } = change;
  const [kind, name] = partsOf(now.what);
  if (isComment(now)) {
    if (former !== null) return [former.statement.text];
    // It goes with an object that this migration makes.
    const last = lastWordOf(files, `${kind} ${name}`);
    return last === null || last.word.kind === "dropped"
      ? []
      : [`COMMENT ON ${kind.toUpperCase()} ${name} IS NULL`];
  }
  const drop = `DROP ${kind.toUpperCase()} IF EXISTS ${name}`;
  if (former === null) return [drop];
  if (!mustBeDropped(change)) return [replacing(former.statement.text)];
  const comment = lastDefinition(files, `comment on ${now.what}`);
  return [...[drop, former.statement.text], ...(comment === null ? [] : [comment.statement.text])];
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Condition that holds where the object is not there. */
function isMissing(what: string): string {
  const [kind, name] = partsOf(what);
  return kind === "view"
    ? `to_regclass(${literal(name)}) IS NULL`
    : `to_regprocedure(${literal(name)}) IS NULL`;
}

/** Views and functions hold no rows: they are replaced within moments, and brought back by their former text. */
const ofDefinitions: Impact = {
  estimatedDuration: "under a second",
  downtimeRequired: "No",
  lockEscalationRisk: "Low",
  dataRecovery: "Automatic",
};

/**
 * The change; null where the migrations have all that the files say.
 *
 * @param repeatables  Those to carry, in the order in which they shall run.
 * @param files        All migrations.
 */
export function changeOfRepeatables(
  repeatables: readonly RepeatableFile[],
  files: readonly MigrationFile[],
): Change | null {
  const changed = changedIn(repeatables, files);
  if (changed.length === 0) return null;
  const ordered = inOrder(files);
  const objects = changed.filter(({ now }) => !isComment(now));
  const schemas = changed.map(({ now }) => partsOf(now.what)[1].split(".")[0] ?? "");
  return {
    together: changed.map(({ now }) => now.statement.text),
    alone: [],
    // A comment after its object, in both directions.
    backTogether: [
      ...objects.toReversed().flatMap((one) => backOf(one, ordered)),
      ...changed.filter(({ now }) => isComment(now)).flatMap((one) => backOf(one, ordered)),
    ],
    backAlone: [],
    looks: objects.map(({ now: { what } }) => ({ name: what, isMissing: isMissing(what) })),
    schemas: [...new Set(schemas)].filter((schema) => /^[a-z_][a-z0-9_$]*$/.test(schema)),
    remarks: [
      `Carries ${repeatables.map(({ fileName }) => fileName).join(", ")} as changed:`,
      ...changed.map(({ now: { what }, former }) => `- ${what}${former === null ? " (new)" : ""}`),
    ],
    losses: [],
    impact: ofDefinitions,
  };
}
