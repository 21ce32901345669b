/**
 * The program's own tables and their sequences as rows of SQL: what each is called, and which place of the rules it is.
 * Text only. Does NOT name a table (stack/ownTables.ts) or say who may do what there (privileges.ts).
 */
import { ownTables } from "../../stack/ownTables";
import type { Place } from "../vocabulary";

type OwnTable = keyof typeof ownTables;

const places = {
  ledger: "ledger",
  events: "events",
  lock: "runner lock",
} as const satisfies Readonly<Record<OwnTable, Place>>;

/** Those that number their rows. */
const numbered: readonly OwnTable[] = ["ledger", "events"];

const own = Object.keys(places) as readonly OwnTable[];

/** No name has a quote in it. */
const row = (name: string, table: OwnTable): string => `('${name}', '${places[table]}')`;

/** For IN: the names, between commas. */
export const ownTableNames = own.map((table) => `'${ownTables[table]}'`).join(", ");

const tableRows = own.map((table) => row(ownTables[table], table));
const sequenceRows = numbered.map((table) => row(`${ownTables[table]}_id_seq`, table));

/** For VALUES: (name, place) of each table. */
export const ownTablePlaces = tableRows.join(", ");

/** The same, and of each sequence. */
export const ownRelationPlaces = [...tableRows, ...sequenceRows].join(", ");
