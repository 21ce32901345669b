/**
 * Says of every statement of a migration what it does to the database: locks, rewrites, scans, risk.
 * Pure: from the files alone. Does NOT ask a database and does NOT refuse anything (see gate).
 */
import type { MigrationFile } from "../files/file";
import type { Segment } from "../files/segments";
import { applyAction } from "../schema/actionFolds";
import { calledCode } from "../schema/calledCode";
import { SchemaDraft } from "../schema/schemaDraft";
import { modelAfter } from "../schema/schemaFold";
import type { SchemaModel } from "../schema/schemaModel";
import { type Action, flatActions } from "../statements/action";
import type { Statement } from "../statements/statements";
import { armedBy } from "./armedCode";
import type { ArmedCode, RowEffect, StatementEffect } from "./effect";
import { EffectDraft } from "./effectDraft";
import { enumMistakes, placeMistakes } from "./mistakes";
import { actionEffect } from "./objectEffects";
import { queryEffect } from "./queryEffects";

/** An action inside DO is looked at in turn, since it sees what those before it made. */
function addAction(
  effects: EffectDraft,
  draft: SchemaDraft,
  action: Action,
  at: Parameters<typeof applyAction>[2],
): void {
  actionEffect(effects, action);
  if (action.kind !== "do") {
    applyAction(draft, action, at);
    return;
  }
  for (const inner of action.actions) addAction(effects, draft, inner, { ...at, surely: false });
}

/** What a function does is a part of what its caller does; it is known where a file makes the function. */
function addCall(effects: EffectDraft, draft: SchemaDraft, name: string): void {
  const bodies = calledCode(draft, name);
  if (bodies === null) effects.noteUnknown(`what ${name}() does is not looked at`);
  for (const { actions, unknown } of bodies ?? []) {
    if (unknown !== null) effects.noteUnknown(`${name}(): ${unknown}`);
    for (const action of actions) {
      actionEffect(effects, action);
      const isQuery =
        action.kind === "query" || action.kind === "call" || action.kind === "session";
      if (!isQuery) effects.noteUnknown(`${name}() does more than queries, which is not followed`);
    }
  }
}

/** Everything that was called so far, and what that calls. */
function addCalls(effects: EffectDraft, draft: SchemaDraft): void {
  for (let next = effects.nextCall(); next !== undefined; next = effects.nextCall()) {
    const { name, by } = next;
    effects.via(by, () => {
      addCall(effects, draft, name);
    });
  }
}

const pastOf: Readonly<Record<RowEffect["verb"], string>> = {
  insert: "inserts rows into",
  update: "overwrites rows of",
  delete: "deletes rows of",
  truncate: "empties",
};

/** What the code that an action puts in place will do when it runs. */
function armsOf(draft: SchemaDraft, action: Action, number: number): readonly ArmedCode[] {
  return armedBy(draft, action).map(({ what, calls, query }) => {
    const later = new EffectDraft(draft, number);
    if (query !== null) queryEffect(later, query);
    later.fire(calls, what);
    addCalls(later, draft);
    const does = later.oldWrites.map(
      ({ verb, object }) => `${pastOf[verb]} ${[object.schema, object.name].join(".")}`,
    );
    return { what, does, unknown: later.unknown };
  });
}

function effectOf(draft: SchemaDraft, statement: Statement, number: number): StatementEffect {
  const effects = new EffectDraft(draft, number);
  // The runner keeps the record itself, in a table that only it writes.
  const isRecord = statement.ledger !== null && statement.ledger.action !== "other";
  if (isRecord) return effects.finish(statement);
  const at = { place: { number, line: statement.line }, surely: true };
  // What the statement itself makes is new also when it is made by its first action and changed by the next.
  for (const action of statement.actions) addAction(effects, draft, action, at);
  addCalls(effects, draft);
  const arms = flatActions(statement.actions).flatMap((action) => armsOf(draft, action, number));
  return effects.finish(statement, arms);
}

function effectsOfSegments(
  segments: readonly Segment[],
  draft: SchemaDraft,
  number: number,
): readonly StatementEffect[] {
  return segments.flatMap((segment) => {
    const ofEnums = enumMistakes(segment);
    return segment.statements.map((statement) => {
      // Asked before the effect, which moves the draft on.
      const ofPlace = placeMistakes(statement, segment, draft);
      const mistakes = [...(ofEnums.get(statement) ?? []), ...ofPlace];
      return { ...effectOf(draft, statement, number), mistakes };
    });
  });
}

/**
 * The effects of a migration's forward file, in order.
 *
 * @param model  What the files before it make (see modelBefore).
 */
export function effectsOf(file: MigrationFile, model: SchemaModel): readonly StatementEffect[] {
  const draft = SchemaDraft.over(model, String(file.number));
  return effectsOfSegments(file.segments, draft, file.number);
}

/**
 * The effects of its rollback file, in order; empty when there is none. Nothing is new to a rollback: it is run
 * long after the migration, when others use what it made.
 *
 * @param model  What the files before the migration make, as for effectsOf.
 */
export function rollbackEffectsOf(
  file: MigrationFile,
  model: SchemaModel,
): readonly StatementEffect[] {
  if (file.rollback === null) return [];
  const draft = SchemaDraft.over(modelAfter(model, file), `${file.number}r`);
  return effectsOfSegments(file.rollback.segments, draft, -file.number);
}
