/**
 * The Schema resource: a schema, its name and its owner.
 * Does NOT set privileges: `policies` are refused, since privileges have another owner in this project.
 * Source: the official plugin's Schema; PostgreSQL, CREATE SCHEMA, ALTER SCHEMA.
 */
import type { Connections, Transaction } from "./connection";
import { PluginError } from "./errors";
import { withMembership } from "./membership";
import type { PropertyRules } from "./properties";
import { located, type ResourceKind, textOf, type UpdateRequest } from "./resource";
import type { Values } from "./wire";

const rules: PropertyRules = {
  name: { kind: "string", zero: null, isRequired: true },
  database: { kind: "string", zero: null, isComputed: true, isReplacing: true },
  dropCascade: { kind: "boolean", zero: false },
  ifNotExists: { kind: "boolean", zero: true, fill: true },
  owner: { kind: "string", zero: null, isComputed: true },
  policies: {
    kind: "objects",
    zero: [],
    isUncompared: true,
    refuse: (value) =>
      Array.isArray(value) && value.length === 0
        ? undefined
        : "the air-gap postgresql plugin does not support policies: grant the privileges elsewhere",
  },
};

async function ownerOf(transaction: Transaction, name: string): Promise<string | undefined> {
  const result = await transaction.query<{ owner: string }>(
    `SELECT pg_catalog.pg_get_userbyid(nspowner)::text AS owner FROM pg_catalog.pg_namespace WHERE nspname = $1`,
    [name],
  );
  return result.rows[0]?.owner;
}

async function setOwner(
  transaction: Transaction,
  name: string,
  from: string,
  to: string,
): Promise<void> {
  await withMembership(transaction, from, () =>
    withMembership(transaction, to, () =>
      transaction.query(
        `ALTER SCHEMA ${transaction.escapeIdentifier(name)} OWNER TO ${transaction.escapeIdentifier(to)}`,
      ),
    ),
  );
}

const outputsOf = (name: string, database: string, owner: string, others: Values): Values => ({
  name,
  database,
  owner,
  dropCascade: others.dropCascade ?? false,
  ifNotExists: others.ifNotExists ?? true,
  policies: [],
});

const databaseOf = (connections: Connections, properties: Values): string =>
  textOf(properties.database) || connections.settings.database;

async function readBack(
  transaction: Transaction,
  database: string,
  wanted: Values,
): Promise<Values> {
  const name = textOf(wanted.name);
  const owner = await ownerOf(transaction, name);
  if (owner === undefined) throw new PluginError("it was dropped by another session meanwhile");
  return outputsOf(name, database, owner, wanted);
}

async function create(connections: Connections, wanted: Values): Promise<Values> {
  const database = databaseOf(connections, wanted);
  const name = textOf(wanted.name);
  const owner = textOf(wanted.owner);
  return connections.change(database, async (transaction) => {
    const present = wanted.ifNotExists === false ? undefined : await ownerOf(transaction, name);
    if (present === undefined) {
      const quoted = transaction.escapeIdentifier(name);
      const statement =
        owner === ""
          ? `CREATE SCHEMA ${quoted}`
          : `CREATE SCHEMA ${quoted} AUTHORIZATION ${transaction.escapeIdentifier(owner)}`;
      await withMembership(transaction, owner, () => transaction.query(statement));
    } else if (owner !== "" && owner !== present) {
      await setOwner(transaction, name, present, owner);
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
  const owner = await connections.read(database, (transaction) => ownerOf(transaction, name));
  return owner === undefined ? undefined : outputsOf(name, database, owner, olds);
}

async function update(connections: Connections, request: UpdateRequest): Promise<Values> {
  const [database, liveName] = located(connections.settings.database, request.id, request.olds);
  return connections.change(database, async (transaction) => {
    const present = await ownerOf(transaction, liveName);
    if (present === undefined) {
      throw new PluginError(
        "it is gone from the server: run pulumi refresh, then pulumi up creates it again",
      );
    }
    const name = request.ignored.has("name") ? liveName : textOf(request.wanted.name);
    const owner = request.ignored.has("owner") ? present : textOf(request.wanted.owner) || present;
    if (name !== liveName) {
      await withMembership(transaction, present, () =>
        transaction.query(
          `ALTER SCHEMA ${transaction.escapeIdentifier(liveName)} RENAME TO ${transaction.escapeIdentifier(name)}`,
        ),
      );
    }
    if (owner !== present) await setOwner(transaction, name, present, owner);
    return readBack(transaction, database, { ...request.wanted, name });
  });
}

async function remove(connections: Connections, id: string, olds: Values): Promise<void> {
  const [database, name] = located(connections.settings.database, id, olds);
  await connections.change(database, async (transaction) => {
    const owner = await ownerOf(transaction, name);
    if (owner === undefined) return;
    const mode = olds.dropCascade === true ? "CASCADE" : "RESTRICT";
    await withMembership(transaction, owner, () =>
      transaction.query(`DROP SCHEMA ${transaction.escapeIdentifier(name)} ${mode}`),
    );
  });
}

/** The Schema resource. Its id is `<database>.<schema>`. */
export const schema: ResourceKind = {
  label: "Schema",
  rules,
  isDeletedBeforeReplace: false,
  idOf: (properties, defaultDatabase) =>
    `${textOf(properties.database) || defaultDatabase}.${textOf(properties.name)}`,
  create,
  read,
  update,
  remove,
};
