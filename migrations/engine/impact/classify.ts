/**
 * Says of every statement of a migration what it does to the database: locks, rewrites, scans, risk.
 * Pure: from the files alone. Does NOT ask a database and does NOT refuse anything (see gate).
 */
import type { MigrationFile } from "../files/file";
import type { Segment } from "../files/segments";
import { calledCode } from "../schema/calledCode";
import { applyOperation } from "../schema/operationReplay";
import { SchemaBuilder } from "../schema/schemaBuilder";
import type { SchemaModel } from "../schema/schemaModel";
import { modelAfter, modelBefore } from "../schema/schemaReplay";
import { wholeRow } from "../statements/assignedRow";
import { flatOperations, type Operation } from "../statements/operation";
import type { Statement } from "../statements/statements";
import { type Armed, armedBy } from "./armedCode";
import type { ArmedCode, RowImpact, StatementImpact } from "./impact";
import { ImpactBuilder } from "./impactBuilder";
import { enumMistakes, placeMistakes } from "./mistakes";
import { operationImpact } from "./objectImpacts";
import { queryImpact } from "./queryImpacts";

/** An operation inside DO is looked at in turn, since it sees what those before it made. */
function addOperation(
  impacts: ImpactBuilder,
  builder: SchemaBuilder,
  operation: Operation,
  at: Parameters<typeof applyOperation>[2],
): void {
  operationImpact(impacts, operation);
  if (operation.kind !== "do") {
    applyOperation(builder, operation, at);
    return;
  }
  for (const inner of operation.operations)
    addOperation(impacts, builder, inner, { ...at, surely: false });
}

/** What a function does is a part of what its caller does; it is known where a file makes the function. */
function addCall(impacts: ImpactBuilder, builder: SchemaBuilder, name: string): void {
  const bodies = calledCode(builder, name);
  if (bodies === null) impacts.noteUnknown(`what ${name}() does is not looked at`);
  for (const { operations, unknown } of bodies ?? []) {
    if (unknown !== null) impacts.noteUnknown(`${name}(): ${unknown}`);
    for (const operation of operations) {
      operationImpact(impacts, operation);
      const isQuery =
        operation.kind === "query" || operation.kind === "call" || operation.kind === "session";
      if (!isQuery) impacts.noteUnknown(`${name}() does more than queries, which is not followed`);
    }
  }
}

/** Everything that was called so far, and what that calls. */
function addCalls(impacts: ImpactBuilder, builder: SchemaBuilder): void {
  for (let next = impacts.nextCall(); next !== undefined; next = impacts.nextCall()) {
    const { name, by } = next;
    impacts.via(by, () => {
      addCall(impacts, builder, name);
    });
  }
}

const pastOf: Readonly<Record<RowImpact["verb"], string | null>> = {
  // Nothing that was there is lost by it.
  insert: null,
  update: "overwrites rows of",
  delete: "deletes rows of",
  truncate: "empties",
};

/** What the code that an operation puts in place will do when it runs. */
function armsOf(
  builder: SchemaBuilder,
  operation: Operation,
  number: number,
): readonly ArmedCode[] {
  return armedBy(builder, operation).map((armed) => {
    const { what, calls, query, canSwallow, onCall } = armed;
    const later = new ImpactBuilder(builder, number);
    if (query !== null) queryImpact(later, query);
    later.fire(calls, what);
    addCalls(later, builder);
    const does = later.oldWrites.flatMap(({ verb, object }) =>
      pastOf[verb] === null ? [] : [`${pastOf[verb]} ${[object.schema, object.name].join(".")}`],
    );
    const swallows =
      canSwallow &&
      calls.flatMap((name) => calledCode(builder, name) ?? []).some(({ givesNull }) => givesNull);
    return {
      what,
      does: swallows ? [...does, "leaves out what is written (RETURN NULL)"] : does,
      sets: setBy(builder, armed),
      onCall,
      unknown: later.unknown,
    };
  });
}

/** Columns that the functions of a trigger give another value in each row that is updated. */
function setBy(
  builder: SchemaBuilder,
  { calls, setsRowOf: table, onDelete }: Armed,
): ArmedCode["sets"] {
  if (table === null) return null;
  const rows = calls
    .flatMap((name) => calledCode(builder, name) ?? [])
    .flatMap(({ row }) => row ?? []);
  const columns = rows.flatMap((row) => [
    ...row.columns,
    ...(row.givesOld && !onDelete ? [wholeRow] : []),
  ]);
  return columns.length === 0 ? null : { table, columns: [...new Set(columns)] };
}

function impactOf(builder: SchemaBuilder, statement: Statement, number: number): StatementImpact {
  const impacts = new ImpactBuilder(builder, number);
  // The runner keeps the record itself, in a table that only it writes.
  const isRecord = statement.ledger !== null && statement.ledger.operation !== "other";
  if (isRecord) return impacts.finish(statement);
  const at = { place: { number, line: statement.line }, surely: true };
  // What the statement itself makes is new also when it is made by its first operation and changed by the next.
  for (const operation of statement.operations) addOperation(impacts, builder, operation, at);
  addCalls(impacts, builder);
  const arms = flatOperations(statement.operations).flatMap((operation) =>
    armsOf(builder, operation, number),
  );
  return impacts.finish(statement, arms);
}

function impactsOfSegments(
  segments: readonly Segment[],
  builder: SchemaBuilder,
  number: number,
): readonly StatementImpact[] {
  return segments.flatMap((segment) => {
    const ofEnums = enumMistakes(segment);
    return segment.statements.map((statement) => {
      // Asked before the impact, which moves the builder on.
      const ofPlace = placeMistakes(statement, segment, builder);
      const mistakes = [...(ofEnums.get(statement) ?? []), ...ofPlace];
      return { ...impactOf(builder, statement, number), mistakes };
    });
  });
}

/** What one of a migration's two files does, and the schema that it was worked out for. */
export interface FileImpacts {
  /** What the files before the migration make. */
  readonly before: SchemaModel;
  /** One for each statement, in order. */
  readonly impacts: readonly StatementImpact[];
}

/** What a migration's forward file does. @param files  All files: those with a lower number say what it finds. */
export function impactsAmong(files: readonly MigrationFile[], file: MigrationFile): FileImpacts {
  const before = modelBefore(files, file.number);
  return { before, impacts: impactsOf(file, before) };
}

/** The same for its rollback file; no impacts where there is none. */
export function rollbackImpactsAmong(
  files: readonly MigrationFile[],
  file: MigrationFile,
): FileImpacts {
  const before = modelBefore(files, file.number);
  return { before, impacts: rollbackImpactsOf(file, before) };
}

/** Gate, pre-flight and run ask for the same: by file, and by the schema that they were worked out for. */
type KnownImpacts = WeakMap<MigrationFile, WeakMap<SchemaModel, readonly StatementImpact[]>>;
const forwardImpacts: KnownImpacts = new WeakMap();
const rollbackImpacts: KnownImpacts = new WeakMap();

function onceFor(
  known: KnownImpacts,
  file: MigrationFile,
  model: SchemaModel,
  workOut: () => readonly StatementImpact[],
): readonly StatementImpact[] {
  const ofFile = known.get(file) ?? new WeakMap<SchemaModel, readonly StatementImpact[]>();
  known.set(file, ofFile);
  const impacts = ofFile.get(model) ?? workOut();
  ofFile.set(model, impacts);
  return impacts;
}

/**
 * The impacts of a migration's forward file, in order, on a schema that is known already (else see impactsAmong).
 *
 * @param model  What the files before it make.
 */
export function impactsOf(file: MigrationFile, model: SchemaModel): readonly StatementImpact[] {
  return onceFor(forwardImpacts, file, model, () => {
    const builder = SchemaBuilder.over(model, String(file.number));
    return impactsOfSegments(file.segments, builder, file.number);
  });
}

/**
 * The impacts of its rollback file, in order; empty when there is none. Nothing is new to a rollback: it is run
 * long after the migration, when others use what it made.
 *
 * @param model  What the files before the migration make, as for impactsOf.
 */
export function rollbackImpactsOf(
  file: MigrationFile,
  model: SchemaModel,
): readonly StatementImpact[] {
  const { rollback } = file;
  if (rollback === null) return [];
  return onceFor(rollbackImpacts, file, model, () => {
    const builder = SchemaBuilder.over(modelAfter(model, file), `${file.number}r`);
    return impactsOfSegments(rollback.segments, builder, -file.number);
  });
}
