/**
 * Which objects that files would make are in the database already: a database that was made elsewhere has them.
 * Does NOT ask whether they are as the files would make them (see proof/compare.ts).
 */
import type { Client } from "pg";

import type { MigrationFile } from "../files/file";
import type { FoundAlready } from "../gate/input/gateInput";
import { netChanges } from "../gate/input/netChanges";
import { placedOperationsOf } from "../gate/input/subject";

/** Keys of what a file makes are its kind and its name as SQL. */
const keyForm = /^(relation|type) (.+)$/s;

/** Relations and types; what belongs to a table comes with it. */
export async function findCollisions(
  client: Client,
  files: readonly MigrationFile[],
): Promise<readonly FoundAlready[]> {
  const made = files.flatMap((file) =>
    netChanges(placedOperationsOf(file))
      .filter(({ sign }) => sign === "+")
      .flatMap(({ key }) => {
        const [, kind, name] = keyForm.exec(key) ?? [];
        return kind === undefined || name === undefined
          ? []
          : [{ fileName: file.fileName, kind, name }];
      }),
  );
  const { rows } = await client.query<{ kind: string; name: string }>(
    `SELECT kind, name FROM unnest($1::text[], $2::text[]) AS made (kind, name)
      WHERE CASE kind WHEN 'type' THEN to_regtype(name) IS NOT NULL ELSE to_regclass(name) IS NOT NULL END`,
    [made.map(({ kind }) => kind), made.map(({ name }) => name)],
  );
  const there = new Set(rows.map(({ kind, name }) => `${kind} ${name}`));
  return files.flatMap(({ fileName }) => {
    const objects = made
      .filter((one) => one.fileName === fileName && there.has(`${one.kind} ${one.name}`))
      .map(({ name }) => name);
    return objects.length === 0 ? [] : [{ fileName, objects }];
  });
}
