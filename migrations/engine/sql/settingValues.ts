/**
 * The parameters that a statement changes, each with its new value where the text says it.
 * Does NOT see into DO and function bodies (see plpgsqlOperations, which asks about each statement inside).
 */
import { settingsOf } from "./roleChange";
import { asList, asNode, asText, dig, type TreeNode, walk } from "./tree";

/** One parameter that is changed. */
export interface SettingChange {
  /** Lower case. */
  readonly parameter: string;
  /** Null where the text does not say it; "" for the value that the session began with. */
  readonly value: string | null;
  /** In force only while a function runs: a SET clause of its definition. */
  readonly ofFunction: boolean;
}

function constantOf(arg: unknown): string | null {
  const constant = asNode(dig(arg, "A_Const"));
  const number = dig(constant, "ival", "ival");
  return (
    asText(dig(constant, "sval", "sval")) ?? (typeof number === "number" ? String(number) : null)
  );
}

function valueOf(node: TreeNode): string | null {
  const kind = asText(node["kind"]);
  if (kind === "VAR_RESET" || kind === "VAR_SET_DEFAULT") return "";
  const values = asList(node["args"]).map(constantOf);
  return kind !== "VAR_SET_VALUE" || values.includes(null) ? null : values.join(", ");
}

/** Every parameter that a statement changes by SET, RESET, set_config or the SET clause of a function. */
export function settingChanges(tag: string, node: TreeNode): readonly SettingChange[] {
  const found: SettingChange[] = [];
  const ofFunction = tag !== "VariableSetStmt";
  walk({ [tag]: node }, (key, child) => {
    if (key !== "VariableSetStmt") return;
    const parameter = asText(child["name"])?.toLowerCase() ?? "";
    found.push({ parameter, value: valueOf(child), ofFunction });
  });
  if (tag === "VariableSetStmt") return found;
  // set_config; its value may be worked out.
  const called = settingsOf(tag, node);
  return [...found, ...called.map((parameter) => ({ parameter, value: null, ofFunction: false }))];
}
