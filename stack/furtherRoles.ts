/**
 * Reads the roles that a stack names beside the policy's own: readers, auditors, monitoring, DBAs, the platform's. Pure.
 * Does NOT say what each kind may do (roleKinds.ts, roles/privileges.ts).
 */
import { longestName } from "./identifiers";
import { type DeclaredKind, declaredKinds, listedKinds, readsSchemas } from "./roleKinds";

/**
 * The kinds that a stack may list (see roleKinds.ts), and `platform`: of such a role only what it holds in the governed
 * schemas and on the program's tables is judged.
 */
const furtherKinds = [...listedKinds, "platform"] as const;
export type FurtherKind = (typeof furtherKinds)[number];

export interface FurtherRole {
  readonly name: string;
  readonly kind: FurtherKind;
  /** May log in. Of roles that are declared here. */
  readonly login: boolean;
  /** -1: no limit. */
  readonly connectionLimit: number;
  /** Governed schemas that it is confined to; null: all. */
  readonly schemas: readonly string[] | null;
  /** It serves tiles: PgSTAC's tile functions make temporary tables. Of readers; else false. */
  readonly tiles: boolean;
}

/** Whether this program declares it as a resource. */
export const isDeclared = <R extends Pick<FurtherRole, "kind">>(
  role: R,
): role is R & { readonly kind: DeclaredKind } => declaredKinds.some((kind) => kind === role.kind);

/** What may be said of a role of a kind, beside its name. */
const keysOf = (kind: FurtherKind): readonly string[] => [
  ...["name", "kind"],
  ...(isDeclared({ kind }) ? ["login", "connectionLimit"] : []),
  ...(kind !== "platform" && readsSchemas(kind) ? ["schemas", "tiles"] : []),
];

/**
 * Parses the list.
 *
 * @param text      JSON, as configuration hands lists of objects over; empty for none.
 * @param governed  The governed schemas.
 * @returns         The roles, and every problem, one line each.
 */
export function parseFurtherRoles(
  text: string,
  governed: readonly string[],
): { readonly roles: readonly FurtherRole[]; readonly problems: readonly string[] } {
  if (text === "") return { roles: [], problems: [] };
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) {
    return { roles: [], problems: ["it is not a list of roles, each with name and kind."] };
  }
  const parsed = list.map((item: unknown, index) => parseRole(item, `role ${index + 1}`, governed));
  return {
    roles: parsed.flatMap(({ role }) => role ?? []),
    problems: parsed.flatMap(({ problems }) => problems),
  };
}

function parseRole(
  item: unknown,
  where: string,
  governed: readonly string[],
): { readonly role: FurtherRole | null; readonly problems: readonly string[] } {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    return { role: null, problems: [`${where}: it is not an object with name and kind.`] };
  }
  const { name, kind, login, connectionLimit, schemas, tiles } = item as Readonly<
    Record<string, unknown>
  >;
  const title = typeof name === "string" && name !== "" ? name : where;
  const found = furtherKinds.find((one) => one === kind);
  const known = found === undefined ? null : keysOf(found);
  const stray = known === null ? [] : Object.keys(item).filter((key) => !known.includes(key));
  const isNames = Array.isArray(schemas) && schemas.every((one) => typeof one === "string");
  const own: readonly string[] | null = isNames ? schemas : null;
  const limit = connectionLimit ?? -1;
  const problems = [
    ...nameProblems(name),
    ...(found === undefined
      ? [
          `kind ${typeof kind === "string" ? `"${kind}"` : "(none)"} is not one of ${furtherKinds.join(", ")}.`,
        ]
      : []),
    ...stray.map((key) => `${key} is not known of kind ${String(kind)}.`),
    ...(login === undefined || typeof login === "boolean" ? [] : ["login is not true or false."]),
    ...(tiles === undefined || typeof tiles === "boolean" ? [] : ["tiles is not true or false."]),
    ...(typeof limit === "number" && Number.isInteger(limit) && limit >= -1
      ? []
      : ["connectionLimit is not a whole number from -1."]),
    ...(schemas === undefined || (own !== null && own.length > 0)
      ? []
      : ["schemas is not a list of governed schemas."]),
    ...(own ?? [])
      .filter((schema) => !governed.includes(schema))
      .map((schema) => `schema ${schema} is not governed.`),
  ].map((problem) => `${title}: ${problem}`);
  if (problems.length > 0 || found === undefined) return { role: null, problems };
  return {
    role: {
      name: name as string,
      kind: found,
      login: (login as boolean | undefined) ?? true,
      connectionLimit: limit as number,
      schemas: own,
      tiles: tiles === true,
    },
    problems,
  };
}

function nameProblems(name: unknown): readonly string[] {
  if (typeof name !== "string" || name === "") return ["a name is missing."];
  if (Buffer.byteLength(name) > longestName || name.includes("\0")) {
    return [`its name is longer than the ${longestName} bytes PostgreSQL keeps of a name.`];
  }
  if (/^pg_|^public$/.test(name)) return ["PostgreSQL keeps this name for itself."];
  return [];
}
