/**
 * The Extension resource: an extension in one database, its schema and version.
 * Does NOT install software: the server must have the extension's files, and a login that is not superuser may create
 * trusted extensions only (or those the cloud provider allows).
 * Source: the official plugin's Extension; PostgreSQL, CREATE EXTENSION, ALTER EXTENSION.
 */
import type { Connections, Transaction } from "./connection";
import { PluginError, sqlState } from "./errors";
import { withMembership } from "./membership";
import type { PropertyRules } from "./properties";
import { located, type ResourceKind, textOf, type UpdateRequest } from "./resource";
import type { Values } from "./wire";

const rules: PropertyRules = {
  name: { kind: "string", zero: null, isRequired: true, isReplacing: true },
  createCascade: { kind: "boolean", zero: false },
  database: { kind: "string", zero: null, isComputed: true, isReplacing: true },
  dropCascade: { kind: "boolean", zero: false },
  schema: { kind: "string", zero: null, isComputed: true },
  version: { kind: "string", zero: null, isComputed: true },
};

interface Installed {
  readonly schema: string;
  readonly version: string;
  readonly owner: string;
}

async function installed(transaction: Transaction, name: string): Promise<Installed | undefined> {
  const result = await transaction.query<Installed>(
    `SELECT space.nspname::text AS schema, extension.extversion AS version,
            pg_catalog.pg_get_userbyid(extension.extowner)::text AS owner
       FROM pg_catalog.pg_extension extension
       JOIN pg_catalog.pg_namespace space ON space.oid = extension.extnamespace
      WHERE extension.extname = $1`,
    [name],
  );
  return result.rows[0];
}

const outputsOf = (name: string, database: string, live: Installed, others: Values): Values => ({
  name,
  database,
  schema: live.schema,
  version: live.version,
  createCascade: others.createCascade ?? false,
  dropCascade: others.dropCascade ?? false,
});

async function move(transaction: Transaction, name: string, schema: string): Promise<void> {
  const statement = `ALTER EXTENSION ${transaction.escapeIdentifier(name)} SET SCHEMA ${transaction.escapeIdentifier(schema)}`;
  try {
    await transaction.query(statement);
  } catch (error) {
    if (sqlState(error) !== "42501") throw error;
    // Its owner may drop it, but its objects belong to the superuser as whom the server ran its script.
    throw new PluginError(
      `only a superuser may move an extension (SQLSTATE 42501): have an administrator run ${statement}, or drop it and create it there`,
      { cause: error },
    );
  }
}

/** Moves and updates an installed extension to what is wanted; an absent wish leaves it as it is. */
async function converge(
  transaction: Transaction,
  name: string,
  live: Installed,
  wanted: Values,
): Promise<void> {
  const quoted = transaction.escapeIdentifier(name);
  const schema = textOf(wanted.schema) || live.schema;
  const version = textOf(wanted.version) || live.version;
  if (schema === live.schema && version === live.version) return;
  await withMembership(transaction, live.owner, async () => {
    if (schema !== live.schema) await move(transaction, name, schema);
    if (version !== live.version) {
      await transaction.query(
        `ALTER EXTENSION ${quoted} UPDATE TO ${transaction.escapeLiteral(version)}`,
      );
    }
  });
}

async function readBack(
  transaction: Transaction,
  database: string,
  wanted: Values,
): Promise<Values> {
  const name = textOf(wanted.name);
  const live = await installed(transaction, name);
  if (live === undefined) throw new PluginError("it was dropped by another session meanwhile");
  return outputsOf(name, database, live, wanted);
}

/** The official plugin takes over an extension that is installed already; so does this, and brings it to what is wanted. */
async function create(connections: Connections, wanted: Values): Promise<Values> {
  const database = textOf(wanted.database) || connections.settings.database;
  const name = textOf(wanted.name);
  const schema = textOf(wanted.schema);
  const version = textOf(wanted.version);
  return connections.change(database, async (transaction) => {
    const present = await installed(transaction, name);
    if (present === undefined) {
      const clauses = [
        `CREATE EXTENSION ${transaction.escapeIdentifier(name)}`,
        schema === "" ? "" : `SCHEMA ${transaction.escapeIdentifier(schema)}`,
        version === "" ? "" : `VERSION ${transaction.escapeLiteral(version)}`,
        wanted.createCascade === true ? "CASCADE" : "",
      ];
      await transaction.query(clauses.filter((clause) => clause !== "").join(" "));
    } else {
      await converge(transaction, name, present, wanted);
    }
    return readBack(transaction, database, wanted);
  });
}

async function read(
  connections: Connections,
  id: string,
  olds: Values,
): Promise<Values | undefined> {
  const [database, name] = located(connections.settings.database, id, olds);
  const live = await connections.read(database, (transaction) => installed(transaction, name));
  return live === undefined ? undefined : outputsOf(name, database, live, olds);
}

async function update(connections: Connections, request: UpdateRequest): Promise<Values> {
  const [database, name] = located(connections.settings.database, request.id, request.olds);
  return connections.change(database, async (transaction) => {
    const live = await installed(transaction, name);
    if (live === undefined) {
      throw new PluginError(
        "it is gone from the server: run pulumi refresh, then pulumi up creates it again",
      );
    }
    const left = Object.fromEntries([...request.ignored].map((key) => [key, null]));
    await converge(transaction, name, live, { ...request.wanted, ...left });
    return readBack(transaction, database, { ...request.wanted, name });
  });
}

async function remove(connections: Connections, id: string, olds: Values): Promise<void> {
  const [database, name] = located(connections.settings.database, id, olds);
  await connections.change(database, async (transaction) => {
    const live = await installed(transaction, name);
    if (live === undefined) return;
    const mode = olds.dropCascade === true ? "CASCADE" : "RESTRICT";
    await withMembership(transaction, live.owner, () =>
      transaction.query(`DROP EXTENSION ${transaction.escapeIdentifier(name)} ${mode}`),
    );
  });
}

/** The Extension resource. Its id is `<database>.<extension>`. */
export const extension: ResourceKind = {
  label: "Extension",
  rules,
  isDeletedBeforeReplace: true,
  idOf: (properties, defaultDatabase) =>
    `${textOf(properties.database) || defaultDatabase}.${textOf(properties.name)}`,
  create,
  read,
  update,
  remove,
};
