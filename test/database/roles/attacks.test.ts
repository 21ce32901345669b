/**
 * Attempts to get past the permission model, made on real servers by the roles that would make them. Each ends as its
 * list says, and leaves nothing else behind: definitions, privileges, roles, rows and settings are compared.
 */
import { type PostgresServer, startServer } from "../../../sandbox/server";
import { themes } from "../../support/attacks";
import type { Attack, Attacker, Rest } from "../../support/attacks/attack";
import { makeAttackedDatabase } from "../../support/attacks/attackedDatabase";
import { Target } from "../../support/attacks/attackRun";
import { works } from "../../support/privileges/attempt";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

type Direct = Exclude<Attacker, "migration">;

/** Those that somebody makes in a session of their own; the others are in attacksMigration.long.test.ts. */
const direct = themes.flatMap(({ as, title, attacks }) =>
  as === "migration" ? [] : [{ as, title, attacks }],
);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  let server: PostgresServer;
  let database: ProgramDatabase;
  let target: Target;

  beforeAll(async () => {
    server = await startServer({ major, settings: { autovacuum: "off" } });
    database = await makeAttackedDatabase(server);
    target = await Target.of(database);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  /** Every statement but the last works; the last ends with `code`. */
  const expectCodes = (codes: readonly string[], attack: Attack, code: string): void => {
    expect(codes).toEqual([...attack.sql.slice(1).map(() => works), code]);
  };

  /** What is different is what is said to be left, line by line. */
  const expectRest = async (rest: Rest | null): Promise<void> => {
    if (rest === null) return;
    const changes = await target.changes();
    expect(changes).not.toEqual([]);
    expect(changes.filter((line) => !rest.leaves.test(line))).toEqual([]);
  };

  async function judge(attack: Attack, as: Direct): Promise<void> {
    const { outcome } = attack;
    switch (outcome.kind) {
      case "refused": {
        const { codes } = await target.attempt(attack, as);
        expectCodes(codes, attack, outcome.code);
        return;
      }
      case "no effect": {
        const { codes, warnings } = await target.attempt(attack, as);
        expectCodes(codes, attack, works);
        expect(warnings).toEqual([outcome.code]);
        return;
      }
      case "harmless": {
        const { codes } = await target.attempt(attack, as);
        expectCodes(codes, attack, works);
        return;
      }
      case "healed": {
        const { codes } = await target.attempt(attack, as);
        expectCodes(codes, attack, works);
        expect(await target.changes()).not.toEqual([]);
        const texts = (await database.deviations()).map(({ text }) => text).join("\n");
        for (const text of outcome.found) expect(texts).toContain(target.named(text));
        const { left } = await database.heal();
        expect(left).toEqual([]);
        expect(await database.deviations()).toEqual([]);
        await target.forget("healed");
        await expectRest(outcome.rest);
        return;
      }
      case "found": {
        const { codes } = await target.attempt(attack, as);
        expectCodes(codes, attack, works);
        const { left } = await database.heal();
        expect(left.map(({ deviation }) => deviation.text)).toEqual(
          outcome.found.map((text) => target.named(text)),
        );
        await target.forget("healed");
        await expectRest(outcome.rest);
        return;
      }
      case "stays": {
        const { codes } = await target.attempt(attack, as);
        expectCodes(codes, attack, works);
        await expectRest(outcome.rest);
        expect(await database.deviations()).toEqual([]);
        return;
      }
      case "hinders": {
        expect(await target.probe(outcome.whom, outcome.sql)).toBe(works);
        await target.attempt(attack, as, async () => {
          expect(await target.probe(outcome.whom, outcome.sql)).toBe(outcome.code);
        });
        expect(await target.probe(outcome.whom, outcome.sql)).toBe(works);
        return;
      }
    }
  }

  describe.each(direct)("$as: $title", ({ as, attacks }) => {
    it.each(attacks.filter(({ since = 0, until = 99 }) => since <= major && major <= until))(
      "$outcome.kind: $title",
      async (attack) => {
        await target.arrange(attack.given?.sql ?? []);
        try {
          await judge(attack, as);
        } finally {
          if ("rest" in attack.outcome) await target.arrange(attack.outcome.rest?.undo ?? []);
          await target.arrange(attack.given?.undo ?? []);
        }
        const changes = await target.changes();
        if (changes.length > 0) await target.settle();
        expect(changes).toEqual([]);
      },
    );
  });
});
