/**
 * Finds a change of role in a statement whose top node does not say so: set_config('role', …),
 * UPDATE pg_settings, or a SET clause of a function.
 * Does NOT see into DO and function bodies: there the migrator login's lack of rights is the guard.
 */
import { asList, asText, dig, names, relationName, type TreeNode, walk } from "./tree";

const roleParameters = new Set(["role", "session_authorization"]);

/** set_config with a role parameter, or with a name that is not a constant. */
function isRoleCall(call: TreeNode): boolean {
  if (names(call["funcname"]).at(-1) !== "set_config") return false;
  const first = asList(call["args"])[0];
  const literal = asText(dig(first, "A_Const", "sval", "sval"));
  return literal === null || roleParameters.has(literal.toLowerCase());
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
