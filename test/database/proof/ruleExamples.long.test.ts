/**
 * What the rules' pages tell people to write survives a proof with rows: no value is lost that the header does not declare.
 * Policy, High-Risk Operations.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { describeProof, isProven } from "../../../migrations/engine/history/proof";
import { rollbackImpactsAmong } from "../../../migrations/engine/impact/classify";
import { ProofRows, RowSources } from "../../../migrations/engine/proof/proofRows";
import { type Ground, Prover } from "../../../migrations/engine/proof/prover";
import { withScratchDatabase } from "../../../migrations/engine/proof/scratch";
import { rollBackVersion } from "../../../migrations/engine/run/rollback";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { withClient } from "../../../stack/connection";
import { exampleMigrations } from "../../support/files/ruleExample";
import { fileRulePages } from "../../support/files/rulePages";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const newest = serverVersions[0] ?? 18;

const silent = (): void => undefined;

describe("on the newest PostgreSQL", () => {
  const suite = useServer({ major: newest });
  let database: ProgramDatabase;

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
  });

  /** Proves the last of the files on the ground that the others make, and takes them back again but for the first. */
  async function proveLast(
    { scratch, runner, eyes, log }: Omit<Ground, "needed">,
    rows: ProofRows,
    files: readonly MigrationFile[],
  ): Promise<Awaited<ReturnType<Prover["prove"]>>["result"]> {
    const ground = { scratch, runner, eyes, log, needed: files };
    const turns = [];
    for (const file of files.slice(0, -1)) turns.push(await new Prover(ground, file).onlyApply());
    const last = files.at(-1);
    if (last === undefined) throw new Error("no file");
    await rows.prepare("all", last);
    const { result } = await new Prover(ground, last).prove(rows.counts, null);
    if (result.reason === null) {
      for (const migration of files.slice(1).reverse()) {
        await rollBackVersion(
          runner,
          { migration, higher: [], expected: rollbackImpactsAmong([migration], migration) },
          silent,
        );
      }
    }
    return turns.map((turn) => turn.result).find(({ reason }) => reason !== null) ?? result;
  }

  it("every better example keeps all values, or says that it does not", async () => {
    const open = fileRulePages.flatMap(({ id, page }) =>
      page.good.body === undefined
        ? []
        : [
            // What an example's ground makes is not taken back by its rollback.
            {
              id,
              files: exampleMigrations(page.good),
              leavesGround: page.good.before !== undefined,
            },
          ],
    );
    const faults: string[] = [];
    const seen: string[] = [];
    // One database for many; a new one after an example that took rows, as its header says, or failed.
    while (open.length > 0) {
      await withScratchDatabase(database.access, silent, (scratch) =>
        withClient(scratch, { account: "migrator", activity: "proof", readOnly: true }, (eyes) =>
          withRunner(scratch, async (runner) => {
            const rows = new ProofRows(
              scratch,
              new RowSources(database.access, { inserts: [], remarks: [] }, silent),
            );
            for (let isWhole = true; isWhole;) {
              const one = open.shift();
              if (one === undefined) return;
              const result = await proveLast(
                { scratch, runner, eyes, log: silent },
                rows,
                one.files,
              );
              seen.push(`${one.id}: ${String(result.rows?.tables)} tables`);
              if (!isProven(result)) faults.push(`${one.id}: ${describeProof(result)}`);
              isWhole = !one.leavesGround && isProven(result) && result.rows?.lost.length === 0;
            }
          }),
        ),
      );
    }
    expect(faults).toEqual([]);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.filter((text) => !/: [4-9] tables/.test(text))).toEqual([]);
  });
});
