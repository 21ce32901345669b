/**
 * Finds a change of role in a statement whose top node does not say so: set_config('role', …),
 * UPDATE pg_settings, or a SET clause of a function; and names the parameters that a statement sets.
 * Does NOT see into DO and function bodies (see plpgsqlOperations, which asks about each statement inside).
 */
import { asList, asText, dig, names, relationName, type TreeNode, walk } from "./tree";

const roleParameters = new Set(["role", "session_authorization"]);

/** The parameter that a call of set_config sets: null where it is no constant; undefined for another function. */
function configured(call: TreeNode): string | null | undefined {
  if (names(call["funcname"]).at(-1) !== "set_config") return undefined;
  const first = asList(call["args"])[0];
  return asText(dig(first, "A_Const", "sval", "sval"))?.toLowerCase() ?? null;
}

/** set_config with a role parameter, or with a name that is not a constant. */
function isRoleCall(call: TreeNode): boolean {
  const parameter = configured(call);
  return parameter !== undefined && (parameter === null || roleParameters.has(parameter));
}

/** Lower-case names of the parameters that the statement sets for its session or transaction. */
export function settingsOf(tag: string, node: TreeNode): readonly string[] {
  if (tag === "VariableSetStmt") return [asText(node["name"])?.toLowerCase() ?? ""];
  const found = new Set<string>();
  walk({ [tag]: node }, (key, child) => {
    const parameter = key === "FuncCall" ? configured(child) : undefined;
    if (typeof parameter === "string") found.add(parameter);
  });
  return [...found];
}

/** True when running the statement may change the current role. */
export function changesRole(tag: string, node: TreeNode): boolean {
  let found = false;
  walk({ [tag]: node }, (key, child) => {
    if (key === "FuncCall" && isRoleCall(child)) found = true;
    if (key === "VariableSetStmt") {
      const name = asText(child["name"])?.toLowerCase() ?? "";
      if (roleParameters.has(name) || child["kind"] === "VAR_RESET_ALL") found = true;
    }
    if (key === "UpdateStmt") {
      const target = relationName(child["relation"]);
      if (target === "pg_settings" || target === "pg_catalog.pg_settings") found = true;
    }
  });
  return found;
}
