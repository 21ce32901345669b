/**
 * Repeatable files: `repeatable/NAME.sql` holds views, functions and procedures as they shall be now. Each change of one is
 * carried into databases by an ordinary migration, so that nothing runs that was not judged, promoted and recorded. Pure.
 * Does NOT read the folder (see survey/load.ts) or compare with the migrations (see gate/rules/application).
 */
import type { Problem } from "../../../stack/errors";
import { memo } from "../../../stack/memo";
import { withoutArguments } from "../sql/objectName";
import { parseStatements } from "../sql/parser";
import { sqlName } from "../sql/sqlText";
import { asList, dig } from "../sql/tree";
import { flatOperations, type Operation } from "../statements/operation";
import { type Statement, trySplitSql } from "../statements/statements";
import type { MigrationFile, SourceFile } from "./file";
import type { Segment } from "./segments";
import { decodeSource } from "./sourceText";

/** Folder of these files, within that of the migrations. */
export const repeatableFolder = "repeatable";

/** What one statement says of one object: its definition, or its comment. */
export interface Definition {
  /** `view dagapp.open_jobs`, `function dagapp.score(int4)`, `comment on view dagapp.open_jobs`. Unique. */
  readonly what: string;
  readonly statement: Statement;
  /** Equal where two statements say the same, whatever their layout; with or without OR REPLACE. */
  readonly meaning: string;
}

export interface RepeatableFile {
  /** `open_jobs` */
  readonly name: string;
  /** `repeatable/open_jobs.sql` */
  readonly fileName: string;
  /** In the order of the file. */
  readonly definitions: readonly Definition[];
}

/** Places in the text say nothing, and whether it replaces depends on what is there. */
const isLayout = /^(location|stmt_location|stmt_len|replace)$/;

function meaningOf(text: string): string {
  const parsed = parseStatements(text);
  const node = "reason" in parsed ? text : parsed.map((one) => one.node);
  return JSON.stringify(node, (key, value: unknown) => (isLayout.test(key) ? undefined : value));
}

/** What an operation defines, or null: no other may stand in a repeatable file. */
function definedBy(operation: Operation): string | null {
  switch (operation.kind) {
    case "create view":
      return operation.materialized ? null : `view ${sqlName(operation.view)}`;
    case "create function":
      return `${operation.function.kind} ${sqlName(operation.function)}`;
    case "comment": {
      const { object, part } = operation;
      const isOurs = /^(view|function|procedure)$/.test(object.kind);
      return part === null && isOurs ? `comment on ${object.kind} ${sqlName(object)}` : null;
    }
    default:
      return null;
  }
}

/** The definition that a statement is; null where it is none. */
function definitionOf(statement: Statement): Definition | null {
  const [operation] = statement.operations;
  const what = operation === undefined ? null : definedBy(operation);
  return what === null ? null : { what, statement, meaning: meaningOf(statement.text) };
}

/** Columns that a view's SELECT names; null where they cannot be counted. */
export function columnCount({ statement }: Definition): number | null {
  const parsed = parseStatements(statement.text);
  const node = "reason" in parsed ? undefined : parsed[0]?.node;
  const targets = asList(dig(node, "query", "SelectStmt", "targetList"));
  const hasStar = targets.some((target) => JSON.stringify(target).includes('"A_Star"'));
  return targets.length === 0 || hasStar ? null : targets.length;
}

/** What becomes of an object by a list of segments: its last definition, that it is dropped, or that it is changed in place. */
export type LastWord =
  | { readonly kind: "defined"; readonly definition: Definition }
  | { readonly kind: "dropped" | "changed in place"; readonly line: number };

/** Of one list of segments, by what it is about: an object, or all routines of a name. */
export class LastWords {
  private readonly words = new Map<string, { readonly word: LastWord; readonly index: number }>();
  private said = 0;

  constructor(segments: readonly Segment[]) {
    for (const statement of segments.flatMap((segment) => segment.statements)) this.add(statement);
  }

  /** Null: they do not speak of it. */
  of(what: string): LastWord | null {
    const own = this.words.get(what);
    const ofName = this.words.get(withoutArguments(what));
    const last = (ofName?.index ?? -1) > (own?.index ?? -1) ? ofName : own;
    return last?.word ?? null;
  }

  /** What they define, in the order in which each was first named. */
  get defined(): readonly Definition[] {
    return [...this.words.values()].flatMap(({ word }) =>
      word.kind === "defined" ? [word.definition] : [],
    );
  }

  private set(what: string, word: LastWord): void {
    this.said += 1;
    this.words.set(what, { word, index: this.said });
  }
  private add(statement: Statement): void {
    const { line, kind, target } = statement;
    const definition = definitionOf(statement);
    if (definition !== null) {
      this.set(definition.what, { kind: "defined", definition });
      return;
    }
    const altered = /^ALTER (VIEW|FUNCTION|PROCEDURE|ROUTINE|TABLE)\b/.exec(kind)?.[1];
    if (altered !== undefined && target !== null) {
      const [schema = "", name = ""] = target.split(/\.(.*)/s);
      const object = withoutArguments(sqlName({ schema, name }));
      const kinds = /VIEW|TABLE/.test(altered) ? ["view"] : ["function", "procedure"];
      for (const one of kinds) this.set(`${one} ${object}`, { kind: "changed in place", line });
    }
    for (const operation of flatOperations(statement.operations)) {
      // In a block: whether it runs is not told by the text.
      const inside = definedBy(operation);
      if (inside !== null) this.set(inside, { kind: "changed in place", line });
      if (operation.kind !== "drop") continue;
      for (const object of operation.objects) {
        const what = `${object.kind} ${sqlName(object)}`;
        this.set(what, { kind: "dropped", line });
        this.set(`comment on ${what}`, { kind: "dropped", line });
      }
    }
  }
}

/** Of one file. */
export const lastWordsOf = memo((file: MigrationFile): LastWords => new LastWords(file.segments));

/** The last word of files, lowest number first, on one object, and whose it is; null where none speaks of it. */
export function lastWordOf(
  files: readonly MigrationFile[],
  what: string,
): { readonly file: MigrationFile; readonly word: LastWord } | null {
  for (const file of files.toReversed()) {
    const word = lastWordsOf(file).of(what);
    if (word !== null) return { file, word };
  }
  return null;
}

/** The definition that is the last word of files; null where there is none, or it was dropped or changed in place since. */
export function lastDefinition(files: readonly MigrationFile[], what: string): Definition | null {
  const word = lastWordOf(files, what)?.word;
  return word?.kind === "defined" ? word.definition : null;
}

const nameForm = /^[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/;

const allowed =
  "write CREATE OR REPLACE VIEW, FUNCTION or PROCEDURE with its schema, and COMMENT ON them; everything else belongs into a migration.";

function parseOne(source: SourceFile): {
  readonly file: RepeatableFile | null;
  readonly problems: readonly Problem[];
} {
  const fileName = `${repeatableFolder}/${source.name}`;
  const problem = (code: string, line: number | null, message: string, hint: string): Problem => ({
    ...{ code, file: fileName, line, message, hint },
  });
  const fail = (...problems: readonly Problem[]) => ({ file: null, problems });
  if (!nameForm.test(source.name)) {
    return fail(
      problem(
        "REPEATABLE_NAME",
        null,
        "the name is not that of a repeatable file.",
        "use lower case letters, digits and underscores: open_jobs.sql.",
      ),
    );
  }
  const decoded = decodeSource(fileName, source.bytes);
  if ("problems" in decoded) return fail(...decoded.problems);
  const split = trySplitSql(fileName, decoded.text);
  if ("problems" in split) return fail(...split.problems);
  const { statements } = split;
  if (statements.length === 0) {
    return fail(
      problem(
        "FILE_EMPTY",
        null,
        "the file holds no SQL statement.",
        `${allowed.slice(0, -1)}, or remove the file.`,
      ),
    );
  }
  const problems: Problem[] = [];
  const definitions: Definition[] = [];
  for (const statement of statements) {
    const definition = definitionOf(statement);
    if (definition === null || !isReplacing(statement)) {
      problems.push(
        problem(
          "REPEATABLE_STATEMENT",
          statement.line,
          `${statement.kind} does not belong into a repeatable file.`,
          allowed,
        ),
      );
    } else definitions.push(definition);
  }
  if (problems.length > 0) return fail(...problems);
  return { file: { name: source.name.replace(/\.sql$/, ""), fileName, definitions }, problems };
}

/** It may run again, and has a place: what a search path decides is nobody's definition. */
function isReplacing({ operations: [operation] }: Statement): boolean {
  if (operation?.kind === "create view") return operation.replace && operation.view.schema !== null;
  if (operation?.kind === "create function") {
    return operation.replace && operation.function.schema !== null;
  }
  return operation?.kind === "comment" && operation.object.schema !== null;
}

/** One object is defined by one file, once. */
function doubles(files: readonly RepeatableFile[]): readonly Problem[] {
  const seen = new Map<string, string>();
  return files.flatMap(({ fileName, definitions }) =>
    definitions.flatMap(({ what, statement }): readonly Problem[] => {
      const earlier = seen.get(what);
      seen.set(what, earlier ?? fileName);
      if (earlier === undefined) return [];
      const message = `${what} is said in ${earlier} already.`;
      const hint = "say it once.";
      return [{ code: "REPEATABLE_TWICE", file: fileName, line: statement.line, message, hint }];
    }),
  );
}

/**
 * Parses the repeatable files of a folder. The parser must be loaded.
 *
 * @param sources  Without folder, in any order.
 * @returns        By name; only those without a problem.
 */
export function parseRepeatables(sources: readonly SourceFile[]): {
  readonly repeatables: readonly RepeatableFile[];
  readonly problems: readonly Problem[];
} {
  const sorted = [...sources].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parsed = sorted.map(parseOne);
  const repeatables = parsed.flatMap(({ file }) => file ?? []);
  return {
    repeatables,
    problems: [...parsed.flatMap(({ problems }) => problems), ...doubles(repeatables)],
  };
}
