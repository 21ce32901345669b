/**
 * Prints what a command did in the words of `pulumi`, as far as tests read them. Pure.
 * Does NOT imitate its colours, tree or order of lines.
 */
import type { Operation, Properties, Report, Step } from "./resources";

const sign: Readonly<Record<Operation, string>> = {
  ...{ create: "+", update: "~", same: " ", delete: "-", import: "=", refresh: "~" },
};
const done: Readonly<Record<Operation, string>> = {
  ...{ create: "created", update: "updated", same: "unchanged" },
  ...{ delete: "deleted", import: "imported", refresh: "refreshed" },
};

/** The key by which a secret is known. Source: sdk/nodejs/runtime/rpc.ts, specialSigKey. */
const signature = "4dabf18193072939515e22adb298388d";

const withoutSecrets = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && signature in value ? "[secret]" : value;

/** A value as the engine shows it: texts as JSON, lists an element a line. */
function valueLines(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value, withoutSecrets) || "undefined";
  const items: readonly unknown[] = value;
  if (items.length === 0) return "[]";
  const lines = items.map((item, index) => `        [${index}]: ${valueLines(item)}`);
  return `[\n${lines.join("\n")}\n    ]`;
}

function propertyLines({ operation, before, after }: Step): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const isSame = (key: string): boolean =>
    JSON.stringify(before[key]) === JSON.stringify(after[key]);
  if (operation === "same") return [];
  // Where no input differs, only the provider knows what there is to do: the engine then shows them all.
  const showsAll = operation !== "update" || keys.every(isSame);
  return keys
    .filter((key) => showsAll || !isSame(key))
    .map((key) => `    ${propertyLine(key, before, after)}`);
}

function propertyLine(key: string, before: Properties, after: Properties): string {
  const [old, value] = [before[key], after[key]];
  if (old === undefined) return `+ ${key}: ${valueLines(value)}`;
  if (value === undefined) return `- ${key}: ${valueLines(old)}`;
  if (Array.isArray(value)) return `~ ${key}: ${valueLines(value)}`;
  return `~ ${key}: ${valueLines(old)} => ${valueLines(value)}`;
}

/** @param isDetailed  `--diff`. */
export function display({ steps, said }: Report, isDetailed: boolean): string {
  const shown = steps.filter(({ operation }) => operation !== "same");
  const lines = shown.flatMap((step) => [
    ` ${sign[step.operation]} ${step.type} ${step.name} ${step.operation}`,
    ...(isDetailed ? propertyLines(step) : []),
  ]);
  const counts = (Object.keys(done) as Operation[]).flatMap((operation) => {
    const count = steps.filter((step) => step.operation === operation).length;
    return count === 0 ? [] : [`${sign[operation]} ${count} ${done[operation]}`.trim()];
  });
  const diagnostics = said.length === 0 ? [] : ["Diagnostics:", ...said.map((text) => `  ${text}`)];
  return [...lines, ...diagnostics, "Resources:", ...counts.map((text) => `    ${text}`), ""].join(
    "\n",
  );
}
