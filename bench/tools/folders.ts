/**
 * Writes one list of changes as a folder of migrations, in the form that each tool asks for.
 * Does NOT run anything, and compares no tool with another.
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { formalities } from "../../test/support/files/formalities";
import { forwardText, rollbackText } from "../../test/support/files/makeMigration";

/** One change. Numbers rise from 1 without a hole. */
export interface Change {
  readonly number: number;
  /** Lower case words joined by "_". */
  readonly name: string;
  /** One statement or several, each with its semicolon. */
  readonly sql: string;
  /** False: it must run outside of a transaction. */
  readonly transactional: boolean;
  /** What takes it back. */
  readonly undo: string;
  /** Tables of dagapp that it makes or changes. */
  readonly tables: readonly string[];
}

/** The forms that folders come in. */
export type Form =
  | "this program"
  | "node-pg-migrate"
  | "graphile-migrate"
  | "postgrator"
  | "dbmate"
  | "umzug"
  | "kysely"
  | "flyway"
  | "liquibase";

type Files = readonly (readonly [name: string, text: string])[];

const padded = (number: number, digits: number): string => String(number).padStart(digits, "0");

/** Version of a change in this program's form. */
const versionOf = ({ number }: Change): string => `0.${number}.0`;

/** A time stamp as tools want it in file names; later for later changes. */
const stampOf = (number: number): number => 1_700_000_000_000 + number;

/** The same as fourteen digits, as dbmate wants it. */
const calendarOf = (number: number): string =>
  new Date(Date.UTC(2024, 0, 1) + number * 1_000).toISOString().replace(/\D/g, "").slice(0, 14);

function ourFiles(changes: readonly Change[]): Files {
  return changes.flatMap((change) => {
    const { number, sql, undo, tables, transactional } = change;
    const name = `${padded(number, 3)}_${change.name}`;
    const parts = {
      ...formalities(tables, number === 1 ? undefined : `0.${number - 1}.0`),
      ...{ name, version: versionOf(change), rollbackBody: undo },
      body: transactional ? `BEGIN;\n${sql}\nCOMMIT;` : sql,
    };
    return [
      [`${name}.sql`, forwardText(parts)],
      [`${name}_rollback.sql`, rollbackText(parts)],
    ] as const;
  });
}

/** Each file's header holds its own hash and that of the file before. Source: graphile-migrate, src/hash.ts. */
function graphileFiles(changes: readonly Change[]): Files {
  let previous = "";
  return changes.map(({ number, sql, transactional }) => {
    const body = `${transactional ? "" : "--! no-transaction\n"}${sql}`.trim();
    const hash = `sha1:${createHash("sha1")
      .update(`${`${previous}\n${body}`.trim()}\n`)
      .digest("hex")}`;
    const header = `--! Previous: ${previous === "" ? "-" : previous}\n--! Hash: ${hash}`;
    previous = hash;
    return [`committed/${padded(number, 6)}.sql`, `${header}\n\n${body}\n`];
  });
}

const liquibaseSchema =
  'xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ' +
  'xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd"';
const liquibaseName = ({ number, name }: Change): string => `${padded(number, 4)}_${name}.sql`;

/** For tools that leave it to the caller what a migration is. */
const plainFiles = (changes: readonly Change[]): Files =>
  changes.map(({ number, name, sql }) => [`${padded(number, 4)}_${name}.sql`, `${sql}\n`]);

const filesOf: Readonly<Record<Form, (changes: readonly Change[]) => Files>> = {
  "this program": ourFiles,
  "graphile-migrate": graphileFiles,
  // Only a file of JavaScript can say that it wants no transaction.
  "node-pg-migrate": (changes) =>
    changes.map(({ number, name, sql, undo, transactional }) =>
      transactional
        ? [
            `${stampOf(number)}_${name}.sql`,
            `-- Up Migration\n${sql}\n-- Down Migration\n${undo}\n`,
          ]
        : [
            `${stampOf(number)}_${name}.cjs`,
            `exports.up = (pgm) => { pgm.noTransaction(); pgm.sql(${JSON.stringify(sql)}); };\n` +
              `exports.down = (pgm) => { pgm.noTransaction(); pgm.sql(${JSON.stringify(undo)}); };\n`,
          ],
    ),
  postgrator: (changes) =>
    changes.flatMap(({ number, name, sql, undo }) => [
      [`${padded(number, 4)}.do.${name}.sql`, `${sql}\n`] as const,
      [`${padded(number, 4)}.undo.${name}.sql`, `${undo}\n`] as const,
    ]),
  dbmate: (changes) =>
    changes.map(({ number, name, sql, undo, transactional }) => [
      `${calendarOf(number)}_${name}.sql`,
      `-- migrate:up${transactional ? "" : " transaction:false"}\n${sql}\n\n-- migrate:down\n${undo}\n`,
    ]),
  umzug: plainFiles,
  kysely: plainFiles,
  flyway: (changes) =>
    changes.map(({ number, name, sql }) => [`V${padded(number, 4)}__${name}.sql`, `${sql}\n`]),
  liquibase: (changes) => [
    [
      "changelog.xml",
      `<databaseChangeLog ${liquibaseSchema}>\n${changes
        .map((change) => `  <include file="${liquibaseName(change)}"/>\n`)
        .join("")}</databaseChangeLog>\n`,
    ],
    ...changes.map((change) => {
      const { number, sql, undo, transactional } = change;
      const attributes = transactional ? "" : " runInTransaction:false";
      const text = `--liquibase formatted sql\n--changeset bench:${number}${attributes}\n${sql}\n--rollback ${undo}\n`;
      return [liquibaseName(change), text] as const;
    }),
  ],
};

/** Writes the changes into a folder, which is made when it is not there. */
export async function writeFolder(
  folder: string,
  form: Form,
  changes: readonly Change[],
): Promise<void> {
  await mkdir(form === "graphile-migrate" ? join(folder, "committed") : folder, {
    recursive: true,
  });
  for (const [name, text] of filesOf[form](changes)) await writeFile(join(folder, name), text);
}
