/**
 * This program over a folder, as `ddl apply` does it: plan, gate, and each pending file in turn.
 * Does NOT measure.
 */
import { filesBelow } from "../../migrations/engine/files/collection";
import { impactsAmong } from "../../migrations/engine/impact/classify";
import { applyMigration } from "../../migrations/engine/run/run";
import { Beside } from "../../migrations/engine/server/beside";
import { type Runner, withRunner } from "../../migrations/engine/server/runner";
import { surveyStack } from "../../migrations/engine/survey/survey";
import type { Task } from "./task";

/** What `pulumi up` does for the migrations: plan, gate, and each pending file in turn. */
export async function runOurs({ folder, stack }: Pick<Task, "folder" | "stack">): Promise<void> {
  const access = {
    settings: stack.settings,
    passwordOf: () => Promise.resolve(stack.password),
  };
  const beside = new Beside(access);
  const { plan, files, violations } = await surveyStack(access, folder, {
    ...{ lower: null, isUpdate: true, beside },
  });
  const refusal = violations.find(({ severity }) => severity === "error");
  if (refusal !== undefined) throw new Error(`${refusal.file}: ${refusal.message}`);
  const applyAll = async (runner: Runner): Promise<void> => {
    for (const migration of plan.pending) {
      const lower = filesBelow(files, migration.number).map(({ header }) => header.version);
      const expected = impactsAmong(files, migration);
      await applyMigration(runner, { migration, lower, expected }, () => undefined);
    }
  };
  if (plan.pending.length > 0) await withRunner(access, applyAll, "migrator", beside);
  await beside.close();
}
