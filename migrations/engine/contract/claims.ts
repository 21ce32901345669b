/**
 * What one segment announces: what its text, as the gate has read it, says it does to objects that may have been there,
 * and what the header adds to that.
 * Pure. Does NOT measure or judge (see compare.ts).
 */
import { exceptedNames, namesIn } from "../files/exceptedNames";
import type { MigrationFile } from "../files/file";
import type { Segment } from "../files/segments";
import { withCalls } from "../gate/input/calledOperations";
import type { PlacedOperation } from "../gate/input/placedOperation";
import { operationsOfSegments, temporaryTables } from "../gate/input/subject";
import { takenBeyond } from "../gate/input/takenBeyond";
import { impactsOf, rollbackImpactsOf } from "../impact/classify";
import type { StatementImpact } from "../impact/impact";
import type { SchemaModel } from "../schema/schemaModel";
import { modelAfter } from "../schema/schemaReplay";
import type { ObjectRef } from "../sql/objectName";
import type { Statement } from "../statements/statements";
import { type Claims, Gathering } from "./announced";
import { NameSet } from "./nameSet";
import { type Retype, retypesOf } from "./retypes";

/** By statement: tables of which it says that they are written anew and keep their rows. */
type Rewrites = ReadonlyMap<Statement, readonly ObjectRef[]>;

/** A file's claims, segment by segment. */
export interface FileClaims {
  readonly of: (segment: Segment) => Claims;
  readonly rewrites: Rewrites;
  /** By statement: columns that get another type. */
  readonly retypes: ReadonlyMap<Statement, readonly Retype[]>;
}

function gather(
  segment: Segment,
  acts: readonly PlacedOperation[],
  impacts: readonly StatementImpact[],
  temporary: ReadonlySet<string>,
  file: MigrationFile,
  beyond: ReadonlySet<Statement>,
): Claims {
  const found = new Gathering(temporary);
  for (const impact of impacts) found.impact(impact);
  for (const { operation, statement } of acts)
    if (statement.ledger === null) found.read(operation, beyond.has(statement));
  // ALTER FUNCTION has no operation of its own: what it changes is the routine's own matter.
  for (const { kind, target } of segment.statements) {
    const isRoutine = /^ALTER (FUNCTION|PROCEDURE|ROUTINE)$/.test(kind);
    const at = target?.lastIndexOf(".") ?? -1;
    if (isRoutine && target !== null) {
      found.routines.add({
        schema: at < 0 ? null : target.slice(0, at),
        name: target.slice(at + 1),
      });
    }
  }
  const affected = new NameSet(file.header.impact.tablesAffected.flatMap(namesIn));
  for (const name of file.header.impact.tablesAffected.flatMap(namesIn)) found.touched.add(name);
  return { ...found.announced(), affected, excepted: new NameSet(exceptedNames(file)) };
}

/** The rule whose exception lets a rollback take more than its migration brings. */
const beyondRule = "rollback-takes-more";

/** Statements of the rollback that take rows, which the migration has not brought and no exception names. */
function takingBeyond(file: MigrationFile, before: SchemaModel): ReadonlySet<Statement> {
  if (file.header.exceptions.some(({ rule }) => rule === beyondRule)) return new Set();
  const losses = takenBeyond({
    before,
    placedOperations: withCalls(operationsOfSegments(file.segments), before),
    rollbackOperations: withCalls(
      operationsOfSegments(file.rollback?.segments ?? []),
      modelAfter(before, file),
    ),
    impacts: impactsOf(file, before),
    rollbackImpacts: rollbackImpactsOf(file, before),
  });
  return new Set(losses.map(({ placed }) => placed.statement));
}

/**
 * The claims of a migration's file or its rollback's. What a rollback takes beyond its migration is none of them.
 *
 * @param model  What the files before the migration make.
 */
export function claimsOf(
  file: MigrationFile,
  direction: "forward" | "rollback",
  model: SchemaModel,
): FileClaims {
  const isRollback = direction === "rollback";
  const segments = isRollback ? (file.rollback?.segments ?? []) : file.segments;
  const before = isRollback ? modelAfter(model, file) : model;
  const acts = withCalls(operationsOfSegments(segments), before);
  const impacts = isRollback ? rollbackImpactsOf(file, model) : impactsOf(file, model);
  const beyond = isRollback ? takingBeyond(file, model) : new Set<Statement>();
  const temporary = temporaryTables(acts);
  const impactOf = new Map(impacts.map((impact) => [impact.statement, impact]));
  const rewrites = new Map(
    impacts
      .filter(({ rewrites }) => rewrites.length > 0)
      .map(({ statement, rewrites }) => [statement, rewrites] as const),
  );
  const retypes = new Map(
    segments
      .flatMap(({ statements }) => statements)
      .map((statement) => [statement, retypesOf(statement, before)] as const)
      .filter(([, found]) => found.length > 0),
  );
  return {
    rewrites,
    retypes,
    of: (segment) =>
      gather(
        segment,
        acts.filter((act) => act.segment === segment),
        segment.statements.flatMap((statement) => impactOf.get(statement) ?? []),
        temporary,
        file,
        beyond,
      ),
  };
}
