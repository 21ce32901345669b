/**
 * Judges an example as `ddl check` would: the last of its migrations, with those before it as its ground.
 * Does NOT touch the disk.
 */
import { parseRepeatables } from "../../../migrations/engine/files/repeatable";
import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import type { Example } from "../../../migrations/engine/gate/input/examples";
import type { Violation } from "../../../migrations/engine/gate/input/gateRule";
import type { Tier } from "../../../stack/tier";
import { exampleDay, exampleMigrations, exampleSchemas } from "./ruleExample";

/** The violations of the example's own migration. */
export function judgeExample(example: Example, tier: Tier): readonly Violation[] {
  const files = exampleMigrations(example);
  const judged = [files.at(-1)?.fileName ?? ""];
  const { repeatables, problems } = parseRepeatables(
    Object.entries(example.repeatables ?? {}).map(([name, sql]) => ({
      name: `${name}.sql`,
      bytes: Buffer.from(sql),
    })),
  );
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  const scope = { schemas: exampleSchemas, now: exampleDay, judged, repeatables };
  return checkFiles(files, tier, scope);
}

/** Ids of the rules it breaks in prod, each once, in the order of the file. */
export const brokenRules = (example: Example, tier: Tier = "prod"): readonly string[] => [
  ...new Set(judgeExample(example, tier).map(({ rule }) => rule)),
];
