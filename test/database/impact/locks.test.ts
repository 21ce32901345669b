// What is claimed of each kind of statement is what PostgreSQL does: locks, rewrites and scans, by the server's own books.
import type { Client } from "pg";

import { impactsOf } from "../../../migrations/engine/impact/classify";
import type { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import { listedFunctions } from "../../../migrations/engine/sql/knownFunctions";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { fileOf, modelOf } from "../../support/files/impacts";
import { BASE, BASE_18 } from "../../support/locks/base";
import { differences } from "../../support/locks/compare";
import { measure, readState, type Relation } from "../../support/locks/measure";
import { objectRows, queryRows } from "../../support/locks/objectRows";
import {
  constraintRows,
  partitionRows,
  type Row,
  tableRows,
  typeRows,
} from "../../support/locks/rows";
import { type GovernedServer, startGovernedServer } from "../../support/servers/governedServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const groups: readonly (readonly [string, readonly Row[]])[] = [
  ["ALTER TABLE", tableRows],
  ["ALTER COLUMN TYPE", typeRows],
  ["constraints", constraintRows],
  ["partitions", partitionRows],
  ["other objects", objectRows],
  ["queries", queryRows],
];

describe.each(serverVersions)("PostgreSQL %d", (major) => {
  let server: GovernedServer;
  let client: Client;
  let model: SchemaModel;
  let relations: ReadonlyMap<string, Relation>;

  beforeAll(async () => {
    await loadParser();
    server = await startGovernedServer(major, { allow_in_place_tablespaces: "on" });
    client = server.superuser;
    await client.query("CREATE TABLESPACE elsewhere LOCATION ''");
    const base = major < 18 ? BASE : BASE + BASE_18;
    await client.query(base);
    model = modelOf(base);
    const state = await readState(client);
    relations = new Map([...state.values()].map(({ relation }) => [relation.name, relation]));
  });
  afterAll(() => server.stop());

  it("knows of PostgreSQL's own functions whether they are volatile", async () => {
    const rows = await server.rows(
      "SELECT proname AS name, bool_or(provolatile = 'v') AS fickle FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY proname",
    );
    const fickle = new Map(rows.map((row) => [row["name"], row["fickle"]]));
    const wrong = [
      ...listedFunctions.steady.filter((name) => fickle.get(name) !== false),
      ...listedFunctions.fickle.filter((name) => fickle.get(name) !== true),
    ];
    expect(wrong).toEqual([]);
  });

  describe.each(groups)("%s", (_name, rows) => {
    const known = rows
      .map((row) => (typeof row === "string" ? { sql: row } : row))
      .filter((row) => row.since === undefined || row.since <= major);

    it.each(known)("$sql", async ({ sql, tolerated }) => {
      const [impact] = impactsOf(fileOf(2, sql), model);
      if (impact === undefined) throw new Error("no statement");
      const measured = await measure(client, sql);
      expect(differences(impact, measured, relations, tolerated)).toEqual([]);
    });
  });
});
