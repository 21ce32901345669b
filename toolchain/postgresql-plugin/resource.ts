/**
 * What a kind of resource is to the service: its rules, and its five impacts.
 * Does NOT do anything itself but read values (see role, schema, extension, grantRole for the kinds).
 */
import type { Connections } from "./connection";
import type { PropertyRules } from "./properties";
import type { Value, Values } from "./wire";

/** What an update goes by. */
export interface UpdateRequest {
  /** The live resource's id. */
  readonly id: string;
  /** Old outputs. */
  readonly olds: Values;
  /** Every property as it should be; computed ones the program leaves out are as they were. */
  readonly wanted: Values;
  /** Properties to be left as they are found. */
  readonly ignored: ReadonlySet<string>;
}

/**
 * One kind of resource. Outputs hold every property of `rules`; the service adds the id and the secrets.
 * Errors of the server are thrown as they come: the service words them.
 */
export interface ResourceKind {
  /** For messages: "Role". */
  readonly label: string;
  readonly rules: PropertyRules;
  /** A replacement would meet the old one, which has the same name on the server. */
  readonly isDeletedBeforeReplace: boolean;
  /** Says what is wrong with inputs taken together, without showing a value. */
  readonly refuse?: (inputs: Values) => string | undefined;
  /** The id, which the official plugin makes in the same way. */
  readonly idOf: (properties: Values, defaultDatabase: string) => string;
  readonly create: (connections: Connections, wanted: Values) => Promise<Values>;
  /** Reads the live resource; `olds` are the old outputs, empty for an import. Undefined: it is gone. */
  readonly read: (
    connections: Connections,
    id: string,
    olds: Values,
  ) => Promise<Values | undefined>;
  readonly update: (connections: Connections, request: UpdateRequest) => Promise<Values>;
  /** Also succeeds when it is gone already. */
  readonly remove: (connections: Connections, id: string, olds: Values) => Promise<void>;
}

/** A text property; "" when it is absent. */
export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A list of texts; empty when it is absent. */
export function textsOf(value: Value | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}

/**
 * Takes the id `<database>.<name>` apart. The old outputs say which part is the database; for an import its first dot
 * must, and an id without any dot is a name in the provider's database.
 */
export function located(
  defaultDatabase: string,
  id: string,
  olds: Values,
): readonly [database: string, name: string] {
  const database = textOf(olds.database);
  if (database !== "" && id.startsWith(`${database}.`))
    return [database, id.slice(database.length + 1)];
  const dot = id.indexOf(".");
  return dot < 0 ? [defaultDatabase, id] : [id.slice(0, dot), id.slice(dot + 1)];
}
