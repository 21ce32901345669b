/**
 * Replays the statements of migration files on a schema model: what is there before a file, before a statement.
 * Does NOT run anything, and takes every statement as carried out (rollback files are no part of it).
 */
import { memo } from "../../../stack/memo";
import { filesBelow, inOrder } from "../files/collection";
import type { MigrationFile } from "../files/file";
import type { Statement } from "../statements/statements";
import { applyOperation } from "./operationReplay";
import { SchemaBuilder } from "./schemaBuilder";
import { SchemaModel } from "./schemaModel";

/** The statements of a file's segments, in order. */
const statementsOf = (segments: MigrationFile["segments"]): readonly Statement[] =>
  segments.flatMap(({ statements }) => statements);

function replayFile(model: SchemaModel, file: MigrationFile): SchemaModel {
  const builder = SchemaBuilder.over(model, String(file.number));
  for (const { operations, line } of statementsOf(file.segments)) {
    const at = { place: { number: file.number, line }, surely: true };
    for (const operation of operations) applyOperation(builder, operation, at);
  }
  builder.setSearchPath(null);
  return builder;
}

/**
 * The model before each file, in one pass over all of them; of the same list it is worked out once.
 *
 * @param files  In any order; numbers are unique.
 * @returns      By the migration's number. States share what they have in common.
 */
export const replayModels = memo(
  (files: readonly MigrationFile[]): ReadonlyMap<number, SchemaModel> => {
    const models = new Map<number, SchemaModel>();
    let model: SchemaModel = new SchemaModel();
    for (const file of inOrder(files)) {
      models.set(file.number, model);
      model = replayFile(model, file);
    }
    return models;
  },
);

/** The model before the file with that number: what all files with lower numbers make. */
export function modelBefore(files: readonly MigrationFile[], number: number): SchemaModel {
  const model = replayModels(files).get(number);
  if (model !== undefined) return model;
  return filesBelow(files, number).reduce<SchemaModel>(replayFile, new SchemaModel());
}

/** The model after all files: what their rollbacks start from when all are applied. */
export function modelAfter(model: SchemaModel, file: MigrationFile): SchemaModel {
  return replayFile(model, file);
}
