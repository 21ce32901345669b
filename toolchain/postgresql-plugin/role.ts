/**
 * The Role resource: attributes, password, memberships and settings of a login or a group.
 * Does NOT read passwords back (only a superuser could) and never makes a superuser.
 * Source: the official plugin's Role; PostgreSQL, CREATE ROLE, ALTER ROLE, DROP OWNED.
 */
import type { Connections, Transaction } from "./connection";
import { PluginError } from "./errors";
import { assertRevoked, withMembership } from "./membership";
import type { PropertyRules } from "./properties";
import { type ResourceKind, textOf, textsOf, type UpdateRequest } from "./resource";
import { attributeClauses, FRESH_ROLE, listDifference, passwordStep } from "./rolePlan";
import { parseRoleSettings } from "./roleSettings";
import { storedPassword } from "./scram";
import type { Value, Values } from "./wire";

const FOR_EVER = /^(?:|null|infinity)$/i;
/** The official plugin takes the word NULL for "no password". */
const NO_PASSWORD = /^(?:|null)$/i;

const emptied = (form: RegExp, empty: Value): ((value: Value) => Value) => {
  return (value) => (typeof value === "string" && form.test(value) ? empty : value);
};

const rules: PropertyRules = {
  name: { kind: "string", zero: null, isRequired: true },
  assumeRole: { kind: "string", zero: "" },
  bypassRowLevelSecurity: { kind: "boolean", zero: false },
  connectionLimit: { kind: "integer", zero: -1, fill: -1, minimum: -1 },
  createDatabase: { kind: "boolean", zero: false },
  createRole: { kind: "boolean", zero: false },
  encrypted: { kind: "string", zero: null, isUncompared: true },
  encryptedPassword: {
    kind: "boolean",
    zero: true,
    fill: true,
    refuse: (value) =>
      value === true ? undefined : "PostgreSQL stores no password in plain since version 10",
  },
  idleInTransactionSessionTimeout: { kind: "integer", zero: 0, minimum: 0 },
  inherit: { kind: "boolean", zero: true, fill: true },
  login: { kind: "boolean", zero: false },
  password: { kind: "string", zero: null, isSecret: true, normalise: emptied(NO_PASSWORD, null) },
  passwordWo: { kind: "string", zero: null, isSecret: true, isUncompared: true },
  passwordWoVersion: { kind: "string", zero: null, normalise: emptied(/^$/, null) },
  replication: { kind: "boolean", zero: false },
  roles: { kind: "set", zero: [] },
  searchPaths: { kind: "list", zero: [] },
  skipDropRole: { kind: "boolean", zero: false },
  skipReassignOwned: { kind: "boolean", zero: false },
  statementTimeout: { kind: "integer", zero: 0, minimum: 0 },
  superuser: {
    kind: "boolean",
    zero: false,
    refuse: (value) =>
      value === true
        ? "a superuser is outside every rule, so this plugin never makes one"
        : undefined,
  },
  validUntil: {
    kind: "string",
    zero: "infinity",
    fill: "infinity",
    normalise: emptied(FOR_EVER, "infinity"),
  },
};

function refuse(inputs: Values): string | undefined {
  const isGiven = (key: string): boolean => textOf(inputs[key]) !== "";
  if (isGiven("password") && isGiven("passwordWo"))
    return "password and passwordWo exclude each other: give one";
  if (isGiven("passwordWo") !== isGiven("passwordWoVersion")) {
    return "passwordWo and passwordWoVersion go together: raise the version to set a new password";
  }
  return undefined;
}

interface LiveRow {
  readonly attributes: Values;
  readonly is_declared_end: boolean;
  readonly valid_until: string;
  readonly config: string[] | null;
  readonly roles: string[];
}

const LIVE = `
  SELECT pg_catalog.jsonb_build_object(
           'superuser', role.rolsuper, 'login', role.rolcanlogin, 'inherit', role.rolinherit,
           'createRole', role.rolcreaterole, 'createDatabase', role.rolcreatedb,
           'replication', role.rolreplication, 'bypassRowLevelSecurity', role.rolbypassrls,
           'connectionLimit', role.rolconnlimit) AS attributes,
         COALESCE(role.rolvaliduntil, 'infinity') IS NOT DISTINCT FROM $2::timestamptz AS is_declared_end,
         COALESCE(role.rolvaliduntil::text, 'infinity') AS valid_until,
         role.rolconfig AS config,
         ARRAY(SELECT DISTINCT granted.rolname::text
                 FROM pg_catalog.pg_auth_members member JOIN pg_catalog.pg_roles granted ON granted.oid = member.roleid
                WHERE member.member = role.oid ORDER BY 1) AS roles
    FROM pg_catalog.pg_roles role
   WHERE role.rolname = $1`;

/** The live role's properties, the name included; `declaredEnd` is kept where it names the same instant. */
async function readLive(
  transaction: Transaction,
  name: string,
  declaredEnd: Value | undefined,
): Promise<Values | undefined> {
  const result = await transaction.query<LiveRow>(LIVE, [name, declaredEnd ?? null]);
  const row = result.rows[0];
  if (row === undefined) return undefined;
  return {
    ...row.attributes,
    name,
    validUntil: row.is_declared_end ? textOf(declaredEnd) : row.valid_until,
    roles: row.roles,
    ...parseRoleSettings(row.config),
  };
}

/** Outputs: what lives on the server from there, what does not from the program or the old state. */
function outputsOf(live: Values, others: Values): Values {
  return {
    ...live,
    encrypted: null,
    encryptedPassword: true,
    password: others.password ?? null,
    passwordWo: null,
    passwordWoVersion: others.passwordWoVersion ?? null,
    skipDropRole: others.skipDropRole ?? false,
    skipReassignOwned: others.skipReassignOwned ?? false,
  };
}

async function alterMemberships(
  transaction: Transaction,
  live: Values,
  wanted: Values,
): Promise<void> {
  const member = transaction.escapeIdentifier(textOf(wanted.name));
  const { added, removed } = listDifference(textsOf(live.roles), textsOf(wanted.roles));
  for (const group of removed) {
    await transaction.query(`REVOKE ${transaction.escapeIdentifier(group)} FROM ${member}`);
    await assertRevoked(transaction, group, textOf(wanted.name));
  }
  for (const group of added)
    await transaction.query(`GRANT ${transaction.escapeIdentifier(group)} TO ${member}`);
}

/** The settings of a role, each as the list of values after TO; an empty list resets it. */
function settingValues(
  transaction: Transaction,
  properties: Values,
): readonly (readonly [string, string[]])[] {
  const milliseconds = (value: Value | undefined): string[] =>
    Number(value ?? 0) === 0 ? [] : [String(Number(value))];
  const assumed = textOf(properties.assumeRole);
  return [
    [
      "search_path",
      textsOf(properties.searchPaths).map((name) => transaction.escapeIdentifier(name)),
    ],
    ["statement_timeout", milliseconds(properties.statementTimeout)],
    [
      "idle_in_transaction_session_timeout",
      milliseconds(properties.idleInTransactionSessionTimeout),
    ],
    ["role", assumed === "" ? [] : [transaction.escapeIdentifier(assumed)]],
  ];
}

async function alterSettings(
  transaction: Transaction,
  live: Values,
  wanted: Values,
): Promise<void> {
  const name = transaction.escapeIdentifier(textOf(wanted.name));
  const present = new Map(settingValues(transaction, live));
  for (const [setting, values] of settingValues(transaction, wanted)) {
    if (JSON.stringify(present.get(setting)) === JSON.stringify(values)) continue;
    const change =
      values.length === 0 ? `RESET ${setting}` : `SET ${setting} TO ${values.join(", ")}`;
    await transaction.query(`ALTER ROLE ${name} ${change}`);
  }
}

function passwordClauses(
  transaction: Transaction,
  olds: Values,
  wanted: Values,
): readonly string[] {
  const step = passwordStep(olds, wanted);
  if (step.kind === "keep") return [];
  return [
    step.kind === "clear"
      ? "PASSWORD NULL"
      : `PASSWORD ${transaction.escapeLiteral(storedPassword(step.password))}`,
  ];
}

async function readBack(transaction: Transaction, wanted: Values): Promise<Values> {
  const name = textOf(wanted.name);
  const live = await readLive(transaction, name, wanted.validUntil);
  if (live === undefined) throw new PluginError("it was dropped by another session meanwhile");
  return outputsOf(live, wanted);
}

async function create(connections: Connections, wanted: Values): Promise<Values> {
  return connections.change(connections.settings.database, async (transaction) => {
    const clauses = [
      ...attributeClauses(FRESH_ROLE, wanted, (text) => transaction.escapeLiteral(text)),
      ...passwordClauses(transaction, { name: wanted.name ?? null }, wanted),
    ];
    const name = transaction.escapeIdentifier(textOf(wanted.name));
    await transaction.query(["CREATE ROLE", name, ...clauses].join(" "));
    await alterMemberships(transaction, {}, wanted);
    await alterSettings(transaction, {}, wanted);
    return readBack(transaction, wanted);
  });
}

async function update(connections: Connections, request: UpdateRequest): Promise<Values> {
  return connections.change(connections.settings.database, async (transaction) => {
    const live = await readLive(transaction, request.id, request.wanted.validUntil);
    if (live === undefined) {
      throw new PluginError(
        "it is gone from the server: run pulumi refresh, then pulumi up creates it again",
      );
    }
    const left = Object.fromEntries(
      [...request.ignored].map((key) => [key, live[key] ?? request.olds[key] ?? null]),
    );
    const wanted = { ...request.wanted, ...left };
    const name = transaction.escapeIdentifier(textOf(wanted.name));
    if (wanted.name !== request.id) {
      await transaction.query(
        `ALTER ROLE ${transaction.escapeIdentifier(request.id)} RENAME TO ${name}`,
      );
    }
    const clauses = [
      ...attributeClauses(live, wanted, (text) => transaction.escapeLiteral(text)),
      ...passwordClauses(transaction, { ...request.olds, name: request.id }, wanted),
    ];
    if (clauses.length > 0) await transaction.query(["ALTER ROLE", name, ...clauses].join(" "));
    await alterMemberships(transaction, live, wanted);
    await alterSettings(transaction, live, wanted);
    return readBack(transaction, wanted);
  });
}

async function read(
  connections: Connections,
  id: string,
  olds: Values,
): Promise<Values | undefined> {
  const declaredEnd = textOf(olds.validUntil) === "" ? undefined : olds.validUntil;
  const live = await connections.read(connections.settings.database, (transaction) =>
    readLive(transaction, id, declaredEnd),
  );
  return live === undefined ? undefined : outputsOf(live, olds);
}

/** Objects are reassigned and rights dropped in the provider's database only, as the official plugin does. */
async function remove(connections: Connections, id: string, olds: Values): Promise<void> {
  await connections.change(connections.settings.database, async (transaction) => {
    if ((await readLive(transaction, id, undefined)) === undefined) return;
    const name = transaction.escapeIdentifier(id);
    if (olds.skipReassignOwned !== true) {
      await withMembership(transaction, id, async () => {
        await transaction.query(`REASSIGN OWNED BY ${name} TO CURRENT_USER`);
        await transaction.query(`DROP OWNED BY ${name}`);
      });
    }
    if (olds.skipDropRole !== true) await transaction.query(`DROP ROLE ${name}`);
  });
}

/** The Role resource. Its id is the role's name. */
export const role: ResourceKind = {
  label: "Role",
  rules,
  isDeletedBeforeReplace: false,
  refuse,
  idOf: (properties) => textOf(properties.name),
  create,
  read,
  update,
  remove,
};
