/**
 * The table of a stack's settings, made from Pulumi.yaml. Pure.
 * Does NOT know what a setting does beyond its description.
 */
import { parse } from "yaml";

import { markdownTable } from "./markdownTable";

type Value = string | number | boolean | readonly string[] | Readonly<Record<string, unknown>>;

interface Setting {
  readonly default?: Value;
  readonly description?: string;
}

const shown = (value: Value | undefined): string => {
  if (value === undefined) return "must be set";
  const text = Array.isArray(value)
    ? value.join(", ")
    : typeof value === "object"
      ? Object.keys(value).join(", ")
      : String(value);
  return text === "" ? "empty" : text;
};

/** One row a key; a variable that wins over it stands in brackets. */
export function settingTable(pulumiYaml: string): string {
  const { config } = parse(pulumiYaml) as { config: Record<string, Setting> };
  return markdownTable(
    ["key", "default", "meaning [variable that wins over it]"],
    Object.entries(config).map(([key, setting]) => [
      `\`${key}\``,
      shown(setting.default),
      setting.description ?? "",
    ]),
  );
}
