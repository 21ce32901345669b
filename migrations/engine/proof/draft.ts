/**
 * Writes the SQL of a migration, and of its rollback, from what a database has and its files do not. It is offered only as
 * it ran: in a scratch database, after which nothing that it speaks of differs any more.
 * Does NOT write a file (see cli/draft), or change the governed database.
 */
import { type Access, withClient } from "../../../stack/connection";
import type { Log } from "../../../stack/log";
import {
  differencesBetween,
  isOfOwner,
  reversed,
  type SchemaDifference,
  type SchemaSide,
} from "../differences/difference";
import { type Look, looksFor } from "../differences/missingSql";
import { ordered } from "../differences/order";
import type { Statement, Written } from "../differences/statement";
import { existingTable } from "../differences/writeSql";
import type { MigrationFile } from "../files/file";
import { isOrderOnly } from "../history/snapshot";
import { readSide, withBuiltSchema } from "./compare";
import { settle } from "./settle";

/** A difference that the draft does not make good, and why. */
export interface Unwritten {
  readonly name: string;
  readonly reason: string;
}

export interface Draft {
  /** Makes what the files say as the database is; in an order that ran. */
  readonly forward: readonly Statement[];
  /** Leads back to what the files say. */
  readonly back: readonly Statement[];
  /** Tables that are there before, and are altered. */
  readonly tables: readonly string[];
  /** What the post-flight looks for. */
  readonly looks: readonly Look[];
  /** Names of the differences that it makes good. */
  readonly written: readonly string[];
  readonly unwritten: readonly Unwritten[];
  /** Differences that the rollback leaves. */
  readonly notTakenBack: readonly Unwritten[];
}

const statementsOf = (written: Written): readonly Statement[] =>
  written.kind === "sql" ? written.statements : [];

/** Owners are the stack's to mend, and no statement moves a column. */
const isWritable = (one: SchemaDifference): boolean => !isOfOwner(one) && !isOrderOnly(one);

/**
 * Writes it, and tries it.
 *
 * @param migrations  Those that the database is compared with: up to the highest that is applied.
 */
export function draftFromDrift(
  access: Access,
  migrations: readonly MigrationFile[],
  log: Log,
): Promise<Draft> {
  return withBuiltSchema(access, migrations, log, async ({ hands, look }) => {
    const files = await look();
    const purpose = { account: "admin", activity: "compare", readOnly: true } as const;
    const live = await withClient(access, purpose, (client) =>
      readSide(client, access.settings.schemas),
    );
    const found = differencesBetween(files, live).filter(isWritable);
    const going = await settle(
      hands,
      ordered(found).flatMap(({ toDatabase }) => statementsOf(toDatabase)),
    );
    const made = await look();
    const missing = differencesBetween(made, live).filter(isWritable);
    const leaving = differencesBetween(files, made).filter(isWritable);
    const coming = await settle(
      hands,
      ordered(leaving.map(reversed)).flatMap(({ toFiles }) => statementsOf(toFiles)),
    );
    const remaining = differencesBetween(files, await look()).filter(isWritable);
    const reasonOf = reasons(going.left, (one) => one.toDatabase);
    const left = new Set(missing.map(({ name }) => name));
    const written = found.filter(({ name }) => !left.has(name));
    return {
      forward: going.done,
      back: coming.done,
      tables: tablesOf(written, files, live),
      looks: written.flatMap(({ object, part }) => looksFor(object, part, live.definitions)),
      written: written.map(({ name }) => name),
      unwritten: missing.map((one) => ({ name: one.name, reason: reasonOf(one) })),
      notTakenBack: remaining.map((one) => ({
        name: one.name,
        reason: reasons(coming.left, (other) => other.toFiles)(one),
      })),
    };
  });
}

/** Why a difference is left: nothing was written, the server refused it, or it did not do. */
const reasons =
  (
    left: readonly { readonly statement: Statement; readonly reason: string }[],
    written: (one: SchemaDifference) => Written,
  ) =>
  (one: SchemaDifference): string => {
    const sql = written(one);
    if (sql.kind === "none") return sql.reason;
    const refused = left.find(({ statement }) =>
      sql.statements.some((other) => other.sql === statement.sql),
    );
    return refused?.reason ?? "the statement written for it does not make it equal";
  };

const tablesOf = (
  written: readonly SchemaDifference[],
  files: SchemaSide,
  live: SchemaSide,
): readonly string[] => [
  ...new Set(
    written.flatMap(
      ({ object }) => existingTable(object, [files.definitions, live.definitions]) ?? [],
    ),
  ),
];
