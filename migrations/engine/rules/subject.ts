/**
 * One migration as the rules of files look at it: what each of its statements does, and what stood there before.
 * Does NOT judge (see the rules beside it) and reads no database: the earlier files stand for it.
 */
import { type Action, flatActions } from "../action";
import { effectsOf } from "../classify";
import type { StatementEffect } from "../effect";
import type { MigrationFile } from "../file";
import type { GateInput } from "../gateRule";
import { foldModels } from "../schemaFold";
import { SchemaModel } from "../schemaModel";
import type { Segment } from "../segments";
import type { Statement } from "../statements";
import type { ObjectName } from "../tableAction";
import { tierRules } from "../tier";

/** One action in its place. DO blocks stand for the actions inside them. */
export interface Act<A extends Action = Action> {
  readonly action: A;
  readonly statement: Statement;
  readonly segment: Segment;
  /** Place among the acts of its file. */
  readonly index: number;
}

export interface Subject {
  readonly file: MigrationFile;
  /** Files with lower numbers, lowest first. */
  readonly earlier: readonly MigrationFile[];
  readonly schemas: readonly string[];
  readonly now: Date;
  readonly appliedAt: GateInput["appliedAt"];
  readonly dropDelayDays: number;
  /** Of the forward file, all sections. */
  readonly acts: readonly Act[];
  readonly rollbackActs: readonly Act[];
  /** Of the forward file, one for each statement. */
  readonly effects: readonly StatementEffect[];
  /** True when this file makes the relation (table, view, index …) before the act. */
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

/** Relations that the acts make, with the place where each came up. */
function madeBy(acts: readonly Act[]): ReadonlyMap<string, number> {
  const made = new Map<string, number>();
  const add = (name: ObjectName, index: number): void => {
    if (!made.has(key(name))) made.set(key(name), index);
    // A temporary table is named without its schema afterwards.
    if (name.schema === "pg_temp") add({ schema: null, name: name.name }, index);
  };
  for (const { action, index } of acts) {
    if (action.kind === "create table") add(action.table, index);
    if (action.kind === "create view") add(action.view, index);
    if (action.kind === "create sequence") add(action.sequence, index);
    if (action.kind === "create index" && action.name !== null) {
      add({ schema: action.table.schema, name: action.name }, index);
    }
    if (action.kind === "rename" && action.part === null && made.has(key(action.object))) {
      add({ schema: action.object.schema, name: action.to }, index);
    }
  }
  return made;
}

/** What is worked out once for each input. */
interface Worked {
  readonly subjects: Map<MigrationFile, Subject>;
  /** What stands before each file, by its number. */
  readonly models: ReadonlyMap<number, SchemaModel>;
  /** All files, lowest number first, and how many come before each number. */
  readonly ordered: readonly MigrationFile[];
  readonly before: ReadonlyMap<number, number>;
}

const worked = new WeakMap<GateInput, Worked>();

function makeSubject(
  file: MigrationFile,
  input: GateInput,
  { models, ordered, before }: Worked,
): Subject {
  const acts = actsOf(file);
  const made = madeBy(acts);
  return {
    file,
    // Few rules ask, and thousands of lists of thousands of files would be kept.
    get earlier() {
      return ordered.slice(0, before.get(file.number));
    },
    schemas: input.schemas,
    now: input.now,
    appliedAt: input.appliedAt,
    dropDelayDays: tierRules[input.tier].dropDelayDays,
    acts,
    rollbackActs: actsOfSegments(file.rollback?.segments ?? []),
    effects: effectsOf(file, models.get(file.number) ?? new SchemaModel()),
    isNew: (name, before) => (made.get(key(name)) ?? Infinity) < before.index,
  };
}

function workOut({ files }: GateInput): Worked {
  const ordered = [...files].sort((a, b) => a.number - b.number);
  const before = new Map<number, number>();
  for (const [place, { number }] of ordered.entries()) {
    // Two files may have one number by mistake.
    if (!before.has(number)) before.set(number, place);
  }
  return { subjects: new Map(), models: foldModels(files), ordered, before };
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
  actsOfKind(subject.acts, "alter table").some(
    ({ action, index }) =>
      index < act.index &&
      sameName(action.table, table) &&
      action.command.kind === "add column" &&
      action.command.column.name === column,
  );
