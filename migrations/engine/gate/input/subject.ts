/**
 * One migration as the rules of files look at it: what each of its statements does, and what stood there before.
 * Does NOT judge (see the rules beside it) and reads no database: the earlier files stand for it.
 */
import { memo } from "../../../../stack/memo";
import { tierRules } from "../../../../stack/tier";
import { inOrder } from "../../files/collection";
import type { MigrationFile } from "../../files/file";
import type { Segment } from "../../files/segments";
import { impactsAmong, rollbackImpactsOf } from "../../impact/classify";
import type { StatementImpact } from "../../impact/impact";
import type { SchemaModel } from "../../schema/schemaModel";
import { modelAfter } from "../../schema/schemaReplay";
import { nameKey, type ObjectName } from "../../sql/objectName";
import { answerOf } from "../../statements/answerOf";
import { flatOperations, type Operation, type OperationOf } from "../../statements/operation";
import type { Statement } from "../../statements/statements";
import { withCalls } from "./calledOperations";
import type { GateInput } from "./gateInput";
import type { PlacedOperation } from "./placedOperation";

export interface Subject {
  readonly file: MigrationFile;
  /** Files with lower numbers, lowest first. */
  readonly earlier: readonly MigrationFile[];
  /** The last of them. */
  readonly previous: MigrationFile | undefined;
  readonly schemas: readonly string[];
  readonly now: Date;
  readonly appliedAt: GateInput["appliedAt"];
  readonly dropDelayDays: number;
  /** Of the forward file, all sections, with what the functions do that it calls. */
  readonly placedOperations: readonly PlacedOperation[];
  readonly rollbackOperations: readonly PlacedOperation[];
  /** Of the forward file, one for each statement. */
  readonly impacts: readonly StatementImpact[];
  readonly rollbackImpacts: readonly StatementImpact[];
  /** What the earlier files have made. */
  readonly before: SchemaModel;
  /** True when this file makes the relation (table, view, index …) before the placed operation, and still has it then. */
  readonly isNew: (name: ObjectName, before: PlacedOperation) => boolean;
}

export const operationsOfSegments = (segments: readonly Segment[]): readonly PlacedOperation[] =>
  segments
    .flatMap((segment) =>
      segment.statements.flatMap((statement) =>
        flatOperations(statement.operations).map((operation) => ({
          operation,
          statement,
          segment,
        })),
      ),
    )
    .map((placed, index) => ({ ...placed, index }));

/** The placed operations of a forward file; worked out once for each file. */
export const placedOperationsOf = memo(({ segments }: MigrationFile) =>
  operationsOfSegments(segments),
);

/** The relation that an operation makes or puts in another's place. */
interface MadeRelation {
  readonly name: ObjectName;
  /** It may have been there: IF NOT EXISTS, OR REPLACE. */
  readonly mayBeOld: boolean;
  /** What DROP calls it. */
  readonly word: string;
}

/** It makes no relation. */
const none = (): null => null;

const makers: {
  readonly [K in Operation["kind"]]: (operation: OperationOf<K>) => MadeRelation | null;
} = {
  "create table": ({ table, ifNotExists, foreign }) => ({
    name: table,
    mayBeOld: ifNotExists,
    word: foreign ? "FOREIGN TABLE" : "TABLE",
  }),
  "create view": ({ view, ifNotExists, replace, materialized }) => ({
    name: view,
    mayBeOld: ifNotExists || replace,
    word: materialized ? "MATERIALIZED VIEW" : "VIEW",
  }),
  "create sequence": ({ sequence, ifNotExists }) => ({
    name: sequence,
    mayBeOld: ifNotExists,
    word: "SEQUENCE",
  }),
  "create index": ({ table, name, ifNotExists }) =>
    name === null
      ? null
      : { name: { schema: table.schema, name }, mayBeOld: ifNotExists, word: "INDEX" },
  "alter table": none,
  refresh: none,
  reindex: none,
  drop: none,
  rename: none,
  "set schema": none,
  "set owner": none,
  comment: none,
  "create type": none,
  "add enum value": none,
  "rename enum value": none,
  "alter domain": none,
  "create on table": none,
  "alter policy": none,
  "create function": none,
  "alter sequence": none,
  "create statistics": none,
  create: none,
  truncate: none,
  query: none,
  copy: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  call: none,
  do: none,
  "search path": none,
  publication: none,
  privileges: none,
  session: none,
  unknown: none,
};

/** The relation that an operation makes; null where it makes none, or one that PostgreSQL names. */
export function madeRelation(operation: Operation): MadeRelation | null {
  return answerOf(makers, operation);
}

/** Since which placed operation each relation is the file's own: made by it, and not dropped or renamed away again. */
type Tenure = ReadonlyMap<string, readonly { readonly index: number; readonly isOwn: boolean }[]>;

function tenures(placedOperations: readonly PlacedOperation[], before: SchemaModel): Tenure {
  const found = new Map<string, { index: number; isOwn: boolean }[]>();
  const isOwn = (name: ObjectName): boolean => found.get(nameKey(name))?.at(-1)?.isOwn === true;
  const note = (name: ObjectName, index: number, own: boolean): void => {
    found.set(nameKey(name), [...(found.get(nameKey(name)) ?? []), { index, isOwn: own }]);
    // A temporary table is named without its schema afterwards.
    if (name.schema === "pg_temp") note({ schema: null, name: name.name }, index, own);
  };
  for (const placed of placedOperations) {
    const { operation, statement, index } = placed;
    const made = madeRelation(operation);
    // What IF NOT EXISTS, OR REPLACE and a condition leave open, the earlier files tell.
    const mayBeOld = made !== null && (made.mayBeOld || statement.kind === "DO");
    const isOld = mayBeOld && before.relation(made.name) !== null;
    if (made !== null && !isOld) note(made.name, index, true);
    if (operation.kind === "drop") {
      for (const object of operation.objects) if (isOwn(object)) note(object, index, false);
    }
    if (operation.kind === "rename" && operation.part === null && isOwn(operation.object)) {
      note({ schema: operation.object.schema, name: operation.to }, index, true);
      note(operation.object, index, false);
    }
  }
  return found;
}

interface Places {
  /** All files, lowest number first, and how many come before each number. */
  readonly ordered: readonly MigrationFile[];
  readonly placeOf: ReadonlyMap<number, number>;
}

function makeSubject(file: MigrationFile, input: GateInput, { ordered, placeOf }: Places): Subject {
  const { before, impacts } = impactsAmong(input.files, file);
  const placedOperations = withCalls(placedOperationsOf(file), before);
  const tenure = tenures(placedOperations, before);
  return {
    file,
    // Few rules ask, and thousands of lists of thousands of files would be kept.
    get earlier() {
      return ordered.slice(0, placeOf.get(file.number));
    },
    previous: ordered[(placeOf.get(file.number) ?? ordered.length) - 1],
    schemas: input.schemas,
    now: input.now,
    appliedAt: input.appliedAt,
    dropDelayDays: tierRules[input.tier].dropDelayDays,
    placedOperations,
    rollbackOperations: withCalls(
      operationsOfSegments(file.rollback?.segments ?? []),
      file.rollback === null ? before : modelAfter(before, file),
    ),
    impacts,
    rollbackImpacts: rollbackImpactsOf(file, before),
    before,
    isNew: (name, { index }) =>
      tenure.get(nameKey(name))?.findLast((one) => one.index < index)?.isOwn === true,
  };
}

const placesOf = memo((files: readonly MigrationFile[]): Places => {
  const ordered = inOrder(files);
  const placeOf = new Map<number, number>();
  for (const [place, { number }] of ordered.entries()) {
    // Two files may have one number by mistake.
    if (!placeOf.has(number)) placeOf.set(number, place);
  }
  return { ordered, placeOf };
});

/** The pending migrations of an input, worked out once for all rules. */
export const subjectsOf = memo((input: GateInput): readonly Subject[] => {
  const { pending } = input.plan;
  if (pending.length === 0) return [];
  const places = placesOf(input.files);
  return pending.map((file) => makeSubject(file, input, places));
});

/** By statement, worked out once for each subject: files of many thousand statements ask for each of them. */
const operationsByStatement = memo(
  ({ placedOperations, rollbackOperations }: Subject): ReadonlyMap<Statement, PlacedOperation> =>
    // The last entry of a key stays, so from the end.
    new Map(
      [...placedOperations, ...rollbackOperations]
        .toReversed()
        .map((placed) => [placed.statement, placed]),
    ),
);
const impactsByStatement = memo(
  ({ impacts, rollbackImpacts }: Subject): ReadonlyMap<Statement, StatementImpact> =>
    new Map([...impacts, ...rollbackImpacts].map((impact) => [impact.statement, impact])),
);

/** The first placed operation of a statement of either file: it says what was new before. */
export const placedOperationOf = (
  subject: Subject,
  statement: Statement,
): PlacedOperation | undefined => operationsByStatement(subject).get(statement);

/** What a statement of either file does. */
export const impactOf = (subject: Subject, statement: Statement): StatementImpact | undefined =>
  impactsByStatement(subject).get(statement);

/** The placed operations of one kind. */
export function placedOfKind<K extends Operation["kind"]>(
  placedOperations: readonly PlacedOperation[],
  kind: K,
): readonly PlacedOperation<Extract<Operation, { readonly kind: K }>>[] {
  return placedOperations.filter(
    (placed): placed is PlacedOperation<Extract<Operation, { readonly kind: K }>> =>
      placed.operation.kind === kind,
  );
}

/** Names of the temporary tables that the placed operations make: they are used without a schema. */
export const temporaryTables = (
  placedOperations: readonly PlacedOperation[],
): ReadonlySet<string> =>
  new Set(
    placedOfKind(placedOperations, "create table")
      .filter(({ operation }) => operation.temporary)
      .map(({ operation }) => operation.table.name),
  );

/** True when both name the same object; a name without a schema is only equal to itself. */
export const sameName = (a: ObjectName, b: ObjectName): boolean =>
  a.schema === b.schema && a.name === b.name;

/** True when the file itself adds the column before the placed operation: nobody uses it yet. */
export const addsColumn = (
  subject: Subject,
  placed: PlacedOperation,
  table: ObjectName,
  column: string,
): boolean =>
  // ADD COLUMN IF NOT EXISTS adds nothing where an earlier file has.
  subject.before.relation(table)?.columns.has(column) !== true &&
  placedOfKind(subject.placedOperations, "alter table").some(
    ({ operation, index }) =>
      index < placed.index &&
      sameName(operation.table, table) &&
      operation.command.kind === "add column" &&
      operation.command.column.name === column,
  );
