/**
 * A hundred healings that each need a strong lock on two tables, while twenty clients write both in one transaction, in
 * either order: no client is told anything, and nothing is mended by half.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { DatabaseError } from "pg";

import { addSampleObjects } from "../../support/privileges/sampleObjects";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(1_200_000);

const clients = 20;
const healings = 100;
const tables = ["dagapp.item", "geoapi.item"] as const;

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(async () => {
    database = await suite.database();
    await addSampleObjects(database);
    expect((await database.heal()).left).toEqual([]);
  });

  /** Makes a drift on one table without ever being the one who holds clients up. */
  async function forceRowSecurity(table: string): Promise<void> {
    for (;;) {
      try {
        await database.rows(
          `SET lock_timeout = '100ms'; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
        );
        return;
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.code !== "55P03") throw error;
        await sleep(20);
      }
    }
  }

  it("nobody who writes is told anything", async () => {
    const errors: string[] = [];
    const ended = new AbortController();
    let written = 0;
    const writing = Array.from({ length: clients }, async (_, n) => {
      const client = await database.connect("service");
      const order = n % 2 === 0 ? tables : [...tables].reverse();
      while (!ended.signal.aborted) {
        try {
          await client.query("BEGIN");
          for (const table of order) {
            await client.query(`INSERT INTO ${table} (note) VALUES ('client ${n}')`);
            await sleep(2);
          }
          await client.query("COMMIT");
          written += 1;
        } catch (error) {
          errors.push(String(error));
          await client.query("ROLLBACK").catch(() => undefined);
        }
      }
    });

    let mended = 0;
    const reasons: string[] = [];
    for (let round = 0; round < healings; round += 1) {
      for (const table of tables) await forceRowSecurity(table);
      const healing = await database.heal();
      mended += healing.mended.length;
      reasons.push(...healing.left.map(({ reason }) => reason));
    }
    ended.abort();
    await Promise.all(writing);

    process.stderr.write(
      `PostgreSQL ${major}: ${healings} healings, ${mended} tables mended, ${reasons.length} left for later, ` +
        `${clients} clients, ${written} transactions, ${errors.length} errors\n`,
    );
    expect(errors).toEqual([]);
    expect(written).toBeGreaterThan(clients);
    expect(mended).toBeGreaterThan(healings);
    for (const reason of reasons) expect(reason).toContain("keeps");
    expect((await database.heal()).left).toEqual([]);
    expect(await database.deviations()).toEqual([]);
  });
});
