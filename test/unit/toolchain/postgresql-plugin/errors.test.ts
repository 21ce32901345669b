/** One line that says what, where and what to do, and no secret. */
import {
  describeError,
  PluginError,
  sqlState,
} from "../../../../toolchain/postgresql-plugin/errors";
import { scramVerifier } from "../../../../toolchain/postgresql-plugin/scram";

const place = { host: "db.example", port: 5432, database: "geo", user: "admin" };
const failure = (code: string, message: string, detail?: string): Error =>
  Object.assign(new Error(message), { code, detail });

describe("describeError", () => {
  it.each([
    { code: "ECONNREFUSED", says: ["db.example:5432"] },
    { code: "ENOTFOUND", says: ["db.example"] },
    { code: "28P01", says: ["SQLSTATE 28P01", '"admin"', "db.example:5432"] },
    { code: "3D000", says: ["SQLSTATE 3D000", "db.example:5432"] },
    { code: "42501", says: ["SQLSTATE 42501", '"admin"', "CREATEROLE"] },
    { code: "42710", says: ["SQLSTATE 42710", "pulumi import"] },
    { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", says: ["db.example:5432", "sslrootcert"] },
    { code: "ERR_TLS_CERT_ALTNAME_INVALID", says: ["db.example:5432", "another name"] },
    { code: "99999", says: ["SQLSTATE 99999"] },
  ])("words $code", ({ code, says }) => {
    const text = describeError('Role "x"', failure(code, "it went wrong"), place, []);
    expect(text).toMatch(/^Role "x": it went wrong/);
    for (const word of says) expect(text).toContain(word);
  });

  it("is one line, with the server's detail", () => {
    const text = describeError(
      'Role "x"',
      failure("2BP01", "cannot be dropped", "owner of a\nowner of b"),
      place,
      [],
    );
    expect(text).toContain("cannot be dropped (SQLSTATE 2BP01). owner of a owner of b.");
    expect(text).not.toContain("\n");
  });

  it("names the server when a connection takes too long", () => {
    expect(describeError("x", new Error("timeout expired"), place, [])).toContain(
      "db.example:5432",
    );
  });

  it("says what to do about a server without TLS", () => {
    const error = new Error("The server does not support SSL connections");
    expect(describeError("x", error, place, [])).toMatch(/db\.example:5432 has no TLS.*sslmode/);
  });

  it.each([
    [
      'Extension "x" is not allow-listed for "azure_pg_admin" users in Azure Database for PostgreSQL',
      "Add its name to the server parameter azure.extensions",
    ],
    [
      'Only members of "azure_pg_admin" are allowed to use CREATE EXTENSION',
      'Make the user "admin" a member of azure_pg_admin',
    ],
  ])("says what to do about Azure's own error %s", (message, says) => {
    expect(describeError("x", failure("0A000", message), place, [])).toContain(says);
  });

  it("uses the first of several addresses that failed", () => {
    const all = new AggregateError([failure("ECONNREFUSED", "connect ECONNREFUSED ::1:5432")], "");
    expect(describeError("x", all, place, [])).toContain("connect ECONNREFUSED ::1:5432");
  });

  it("shows no secret, no hash and no empty one", () => {
    const verifier = scramVerifier("pencil");
    const text = describeError("x", new Error(`near "s3cret" or '${verifier}'`), place, [
      "s3cret",
      "",
    ]);
    expect(text).toBe("x: near \"[secret]\" or '[secret]'.");
  });

  it("shows a refusal of its own as it is", () => {
    expect(describeError("x", new PluginError("not so"), place, [])).toBe("x: not so.");
  });
});

describe("sqlState", () => {
  it.each([
    [failure("42501", "no"), "42501"],
    [failure("EPIPE", "no"), ""],
    [new Error("no"), ""],
    ["no", ""],
  ])("of %s is %j", (error, state) => {
    expect(sqlState(error)).toBe(state);
  });
});
