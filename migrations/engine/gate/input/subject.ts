/**
 * One migration as the rules of files look at it: what each of its statements does, and what stood there before.
 * Does NOT judge (see the rules beside it) and reads no database: the earlier files stand for it.
 */
import { tierRules } from "../../../../stack/tier";
import type { MigrationFile } from "../../files/file";
import type { Segment } from "../../files/segments";
import { effectsOf, rollbackEffectsOf } from "../../impact/classify";
import type { StatementEffect } from "../../impact/effect";
import { foldModels, modelAfter } from "../../schema/schemaFold";
import { SchemaModel } from "../../schema/schemaModel";
import type { ObjectName } from "../../sql/objectName";
import { type Action, flatActions } from "../../statements/action";
import type { Statement } from "../../statements/statements";
import type { Act } from "./act";
import { withCalls } from "./calledActs";
import type { GateInput } from "./gateRule";

export interface Subject {
  readonly file: MigrationFile;
  /** Files with lower numbers, lowest first. */
  readonly earlier: readonly MigrationFile[];
  readonly schemas: readonly string[];
  readonly now: Date;
  readonly appliedAt: GateInput["appliedAt"];
  readonly dropDelayDays: number;
  /** Of the forward file, all sections, with what the functions do that it calls. */
  readonly acts: readonly Act[];
  readonly rollbackActs: readonly Act[];
  /** Of the forward file, one for each statement. */
  readonly effects: readonly StatementEffect[];
  readonly rollbackEffects: readonly StatementEffect[];
  /** What the earlier files have made. */
  readonly before: SchemaModel;
  /** True when this file makes the relation (table, view, index …) before the act, and still has it then. */
  readonly isNew: (name: ObjectName, before: Act) => boolean;
}

const key = ({ schema, name }: ObjectName): string => JSON.stringify([schema, name]);

const actsOfSegments = (segments: readonly Segment[]): readonly Act[] =>
  segments
    .flatMap((segment) =>
      segment.statements.flatMap((statement) =>
        flatActions(statement.actions).map((action) => ({ action, statement, segment })),
      ),
    )
    .map((act, index) => ({ ...act, index }));

const known = new WeakMap<MigrationFile, readonly Act[]>();

/** The acts of a forward file; worked out once for each file. */
export function actsOf(file: MigrationFile): readonly Act[] {
  const acts = known.get(file) ?? actsOfSegments(file.segments);
  known.set(file, acts);
  return acts;
}

/** The relation that an action makes or puts in another's place, and whether it may have been there. */
function makes({ action, statement }: Act): { name: ObjectName; mayBeOld: boolean } | null {
  const isInBlock = statement.kind === "DO";
  switch (action.kind) {
    case "create table":
      return { name: action.table, mayBeOld: isInBlock || action.ifNotExists };
    case "create view":
      return { name: action.view, mayBeOld: isInBlock || action.ifNotExists || action.replace };
    case "create sequence":
      return { name: action.sequence, mayBeOld: isInBlock || action.ifNotExists };
    case "create index": {
      if (action.name === null) return null;
      const name = { schema: action.table.schema, name: action.name };
      return { name, mayBeOld: isInBlock || action.ifNotExists };
    }
    default:
      return null;
  }
}

/** Since which act each relation is the file's own: made by it, and not dropped or renamed away again. */
type Tenure = ReadonlyMap<string, readonly { readonly index: number; readonly isOwn: boolean }[]>;

function tenures(acts: readonly Act[], before: SchemaModel): Tenure {
  const found = new Map<string, { index: number; isOwn: boolean }[]>();
  const isOwn = (name: ObjectName): boolean => found.get(key(name))?.at(-1)?.isOwn === true;
  const note = (name: ObjectName, index: number, own: boolean): void => {
    found.set(key(name), [...(found.get(key(name)) ?? []), { index, isOwn: own }]);
    // A temporary table is named without its schema afterwards.
    if (name.schema === "pg_temp") note({ schema: null, name: name.name }, index, own);
  };
  for (const act of acts) {
    const { action, index } = act;
    const made = makes(act);
    // What IF NOT EXISTS, OR REPLACE and a condition leave open, the earlier files tell.
    const isOld = made?.mayBeOld === true && before.relation(made.name) !== null;
    if (made !== null && !isOld) note(made.name, index, true);
    if (action.kind === "drop") {
      for (const object of action.objects) if (isOwn(object)) note(object, index, false);
    }
    if (action.kind === "rename" && action.part === null && isOwn(action.object)) {
      note({ schema: action.object.schema, name: action.to }, index, true);
      note(action.object, index, false);
    }
  }
  return found;
}

/** What is worked out once for each input. */
interface Worked {
  readonly subjects: Map<MigrationFile, Subject>;
  /** What stands before each file, by its number. */
  readonly models: ReadonlyMap<number, SchemaModel>;
  /** All files, lowest number first, and how many come before each number. */
  readonly ordered: readonly MigrationFile[];
  readonly placeOf: ReadonlyMap<number, number>;
}

const worked = new WeakMap<GateInput, Worked>();

function makeSubject(
  file: MigrationFile,
  input: GateInput,
  { models, ordered, placeOf }: Worked,
): Subject {
  const before = models.get(file.number) ?? new SchemaModel();
  const acts = withCalls(actsOf(file), before);
  const tenure = tenures(acts, before);
  return {
    file,
    // Few rules ask, and thousands of lists of thousands of files would be kept.
    get earlier() {
      return ordered.slice(0, placeOf.get(file.number));
    },
    schemas: input.schemas,
    now: input.now,
    appliedAt: input.appliedAt,
    dropDelayDays: tierRules[input.tier].dropDelayDays,
    acts,
    rollbackActs: withCalls(
      actsOfSegments(file.rollback?.segments ?? []),
      file.rollback === null ? before : modelAfter(before, file),
    ),
    effects: effectsOf(file, before),
    rollbackEffects: rollbackEffectsOf(file, before),
    before,
    isNew: (name, { index }) =>
      tenure.get(key(name))?.findLast((one) => one.index < index)?.isOwn === true,
  };
}

function workOut({ files }: GateInput): Worked {
  const ordered = [...files].sort((a, b) => a.number - b.number);
  const placeOf = new Map<number, number>();
  for (const [place, { number }] of ordered.entries()) {
    // Two files may have one number by mistake.
    if (!placeOf.has(number)) placeOf.set(number, place);
  }
  return { subjects: new Map(), models: foldModels(files), ordered, placeOf };
}

/** The pending migrations of an input, each worked out once for all rules. */
export function subjectsOf(input: GateInput): readonly Subject[] {
  if (input.plan.pending.length === 0) return [];
  const known = worked.get(input) ?? workOut(input);
  worked.set(input, known);
  return input.plan.pending.map((file) => {
    const subject = known.subjects.get(file) ?? makeSubject(file, input, known);
    known.subjects.set(file, subject);
    return subject;
  });
}

/** By statement, worked out once for each subject: files of many thousand statements ask for each of them. */
const actsByStatement = new WeakMap<Subject, ReadonlyMap<Statement, Act>>();
const effectsByStatement = new WeakMap<Subject, ReadonlyMap<Statement, StatementEffect>>();

/** The first act of a statement of either file: it says what was new before. */
export function actOf(subject: Subject, statement: Statement): Act | undefined {
  // The last entry of a key stays, so from the end.
  const found =
    actsByStatement.get(subject) ??
    new Map(
      [...subject.acts, ...subject.rollbackActs].toReversed().map((act) => [act.statement, act]),
    );
  actsByStatement.set(subject, found);
  return found.get(statement);
}

/** What a statement of the forward file does. */
export function effectOf(subject: Subject, statement: Statement): StatementEffect | undefined {
  const found =
    effectsByStatement.get(subject) ??
    new Map(subject.effects.map((effect) => [effect.statement, effect]));
  effectsByStatement.set(subject, found);
  return found.get(statement);
}

/** The acts of one kind. */
export function actsOfKind<K extends Action["kind"]>(
  acts: readonly Act[],
  kind: K,
): readonly Act<Extract<Action, { readonly kind: K }>>[] {
  return acts.filter(
    (act): act is Act<Extract<Action, { readonly kind: K }>> => act.action.kind === kind,
  );
}

/** Names of the temporary tables that the acts make: they are used without a schema. */
export const temporaryTables = (acts: readonly Act[]): ReadonlySet<string> =>
  new Set(
    actsOfKind(acts, "create table")
      .filter(({ action }) => action.temporary)
      .map(({ action }) => action.table.name),
  );

/** True when both name the same object; a name without a schema is only equal to itself. */
export const sameName = (a: ObjectName, b: ObjectName): boolean =>
  a.schema === b.schema && a.name === b.name;

/** True when the file itself adds the column before the act: nobody uses it yet. */
export const addsColumn = (
  subject: Subject,
  act: Act,
  table: ObjectName,
  column: string,
): boolean =>
  // ADD COLUMN IF NOT EXISTS adds nothing where an earlier file has.
  subject.before.relation(table)?.columns.has(column) !== true &&
  actsOfKind(subject.acts, "alter table").some(
    ({ action, index }) =>
      index < act.index &&
      sameName(action.table, table) &&
      action.command.kind === "add column" &&
      action.command.column.name === column,
  );
