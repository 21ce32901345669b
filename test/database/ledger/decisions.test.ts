/**
 * What people decide about an applied version: recorded with a login that cannot be forged, for the text that is
 * applied, and refused where it would mean nothing. What approvers may do at all is in privileges.test.ts.
 */
import type { History } from "../../../migrations/engine/history/history";
import { StampError } from "../../../migrations/engine/history/stamp";
import {
  acknowledge,
  closeBreakGlass,
  DecisionRefusedError,
  openBreakGlass,
  signOff,
  validate,
} from "../../../migrations/engine/ledger/decisions";
import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, failureOf } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const eve = { version: "1.0.0", by: "Eve Holt" };
const emergency = { reason: "disk full", ticket: "CHG-2026-0911", approvedBy: "Ann Duty" };

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  const make = (tier: string): Promise<ProgramDatabase> =>
    suite.database({ configuration: { tier } });
  const history = (): Promise<History> => database.asAdmin(readHistory);
  const events = (): Promise<readonly Record<string, unknown>[]> =>
    database.rows(
      `SELECT kind, login::text, version, checksum, rollback_checksum, ticket, detail
         FROM public.schema_migration_events WHERE kind NOT IN ('stamped', 'healed') ORDER BY id`,
    );
  /** Runs what should be refused; nothing may have been written. */
  const refusal = async (work: () => Promise<unknown>): Promise<string> => {
    const before = await events();
    const error = await failureOf(work());
    expect(error).toBeInstanceOf(DecisionRefusedError);
    expect(await events()).toEqual(before);
    return error.message;
  };

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
  });

  it("records a validation and a sign-off by the approver, once each, for the text that is applied", async () => {
    database = await make("uat");
    const migration = makeMigration();
    await apply(database, migration);
    expect(await refusal(() => signOff(database.access, eve))).toContain(
      "was not validated in uat",
    );

    const validated = await validate(database.access, { ...eve, reason: "looked at the map" });
    const signed = await signOff(database.access, { version: "1.0.0", by: " Eve Holt " });
    const login = database.names.approver;
    expect(validated).toMatchObject({ ...eve, login, reason: "looked at the map" });
    expect(signed).toMatchObject({ ...eve, login, checksum: migration.checksum });
    const common = {
      ...{ login, version: "1.0.0", ticket: null, checksum: migration.checksum },
      rollback_checksum: migration.rollback?.checksum,
    };
    expect((await events()).slice(-2)).toEqual([
      { ...common, kind: "validated", detail: { by: "Eve Holt", reason: "looked at the map" } },
      { ...common, kind: "signed-off", detail: { by: "Eve Holt" } },
    ]);
    expect((await history()).versions).toMatchObject([
      { validation: { by: "Eve Holt", login }, signOff: { by: "Eve Holt", login } },
    ]);

    for (const again of [signOff, validate]) {
      expect(await refusal(() => again(database.access, eve))).toContain("by Eve Holt at 20");
    }
  });

  it("refuses what is not applied, and a person without a name", async () => {
    database = await make("qa");
    await apply(database, makeMigration());
    for (const [approval, words] of [
      [
        { ...eve, version: "2.0.0" },
        /Version 2\.0\.0 is not applied here\.[^]*decided on: 1\.0\.0/,
      ],
      [{ ...eve, by: "  " }, /--by is missing/],
    ] as const) {
      for (const decide of [signOff, validate]) {
        expect(await refusal(() => decide(database.access, approval))).toMatch(words);
      }
    }
    await database.rows(
      "UPDATE public.schema_migrations SET applied = false, rolled_back_at = now()",
    );
    expect(await refusal(() => signOff(database.access, eve))).toContain("but rolled back");
  });

  it("asks again once the version was rolled back and applied anew", async () => {
    database = await make("qa");
    const migration = makeMigration({ body: "BEGIN;\nSELECT 1;\nCOMMIT;" });
    await apply(database, migration);
    await signOff(database.access, eve);
    await database.rows(
      "UPDATE public.schema_migrations SET applied = false, rolled_back_at = now()",
    );
    await apply(database, migration);
    expect((await history()).versions).toMatchObject([{ status: "applied", signOff: null }]);
    await signOff(database.access, eve);
    expect((await history()).versions).toMatchObject([{ signOff: { by: "Eve Holt" } }]);
  });

  it("refuses, in uat and not in qa, the login that ran the version", async () => {
    for (const tier of ["qa", "uat"]) {
      database = await make(tier);
      await apply(database, makeMigration());
      const access = database.accessWith({ approver: "", approvers: "[]" });
      // The events' word counts: who may write the ledger could name somebody else there.
      await database.rows(
        "UPDATE public.schema_migration_events SET login = $1 WHERE kind = 'applied'",
        [database.names.admin],
      );
      await database.rows("UPDATE public.schema_migrations SET executed_by = 'somebody'");
      if (tier === "qa") {
        expect(await validate(access, eve)).toMatchObject({ login: database.names.admin });
      } else {
        expect(await refusal(() => validate(access, eve))).toContain("may not approve it too");
      }
    }
  });

  it("acknowledges what ran by hand, after which it is on record and can be signed off", async () => {
    database = await make("qa");
    const file = makeMigration();
    await database.rows(
      "INSERT INTO public.schema_migrations (version, started_at, applied) VALUES ('1.0.0', now(), true)",
    );
    expect(await refusal(() => signOff(database.access, eve))).toContain("ddl acknowledge first");
    const said = { by: "Eve Holt", reason: "read both" };
    expect(
      await refusal(() => acknowledge(database.access, { ...said, reason: "" }, file)),
    ).toContain("--reason is missing");
    expect(
      await refusal(() =>
        acknowledge(database.access, said, makeMigration({ name: "002_b", version: "2.0.0" })),
      ),
    ).toContain("Version 2.0.0 is not applied");

    const { checksum } = file;
    const login = database.names.approver;
    expect(await acknowledge(database.access, said, file)).toMatchObject({
      ...said,
      checksum,
      login,
    });
    expect((await history()).versions).toMatchObject([
      { checksum, rollbackChecksum: file.rollback?.checksum, acknowledgement: { login } },
    ]);
    expect(await refusal(() => acknowledge(database.access, said, file))).toContain("is on record");
    await signOff(database.access, eve);
  });

  it("opens and closes one emergency at a time, as the admin", async () => {
    database = await make("prod");
    const { access } = database;
    for (const [left, words] of [
      ["reason", "--reason is missing"],
      ["ticket", "--ticket is missing"],
      ["approvedBy", "--approved-by is missing"],
    ] as const) {
      expect(await refusal(() => openBreakGlass(access, { ...emergency, [left]: " " }))).toContain(
        words,
      );
    }
    expect(await refusal(() => openBreakGlass(access, { ...emergency, ticket: "INC1" }))).toContain(
      "CHG-2026-0142",
    );
    const closing = { by: "Ann Duty", note: "disk replaced" };
    expect(await refusal(() => closeBreakGlass(access, closing))).toContain(
      "No break-glass is open",
    );

    expect(await openBreakGlass(access, emergency)).toMatchObject({
      ...emergency,
      login: database.names.admin,
    });
    expect((await history()).breakGlass).toMatchObject(emergency);
    expect(await refusal(() => openBreakGlass(access, emergency))).toContain("is open since");
    expect(await refusal(() => closeBreakGlass(access, { ...closing, note: "" }))).toContain(
      "--note is missing",
    );
    expect(await closeBreakGlass(access, closing)).toMatchObject(emergency);
    expect((await history()).breakGlass).toBeNull();
    expect(await events()).toMatchObject([
      { kind: "break-glass-opened", ticket: emergency.ticket },
      { kind: "break-glass-closed", ticket: emergency.ticket, detail: closing },
    ]);
  });

  it("refuses a database of another tier", async () => {
    database = await make("qa");
    await apply(database, makeMigration());
    const prod = database.accessWith({ tier: "prod" });
    for (const refused of [
      () => signOff(prod, eve),
      () => openBreakGlass(prod, emergency),
      () => acknowledge(prod, { by: "Eve", reason: "x" }, makeMigration()),
    ]) {
      expect(await failureOf(refused())).toBeInstanceOf(StampError);
    }
  });
});
