/**
 * Checks, compares and refreshes properties by a table of rules. Pure: what the official plugin does with any resource
 * of its kind, stated once.
 * Does NOT touch a database and knows no resource by name (see role, schema, extension, grantRole).
 */
import { isUnknown, type Value, type Values } from "./wire";

/** How one property behaves. */
interface PropertyRule {
  readonly kind: "string" | "boolean" | "integer" | "list" | "set" | "objects";
  /** What the outputs hold when the program says nothing. */
  readonly zero: Value;
  /** What `check` adds to the inputs when the program says nothing. */
  readonly fill?: Value;
  readonly isRequired?: true;
  readonly isReplacing?: true;
  /** The server chooses the value when the program says nothing; then it is not compared. */
  readonly isComputed?: true;
  readonly isSecret?: true;
  /** Never compared: write-only, or without any effect. */
  readonly isUncompared?: true;
  readonly minimum?: number;
  /** Brings different spellings of one value together before they are compared. */
  readonly normalise?: (value: Value) => Value;
  /** Says why a value cannot be had, or undefined when it can. */
  readonly refuse?: (value: Value) => string | undefined;
}

/** The rules of one resource by property name. */
export type PropertyRules = Readonly<Record<string, PropertyRule>>;

/** One refused property. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** One changed property, in the protocol's three words. */
export interface PropertyChange {
  readonly property: string;
  readonly kind: "add" | "delete" | "update";
  readonly isReplacing: boolean;
}

/** Text that the engine's configuration and YAML programs send in place of numbers and booleans. */
function coerce(kind: PropertyRule["kind"], value: Value): Value {
  if (kind === "boolean" && (value === "true" || value === "false")) return value === "true";
  if (kind === "integer" && typeof value === "string" && /^-?\d+$/.test(value))
    return Number(value);
  return value;
}

const FITS: Readonly<Record<PropertyRule["kind"], (value: Value) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: (value) => Number.isInteger(value),
  list: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  set: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  objects: (value) => Array.isArray(value),
};

function reasonAgainst(rule: PropertyRule, value: Value): string | undefined {
  if (isUnknown(value)) return undefined;
  if (!FITS[rule.kind](value))
    return `it must be ${rule.kind === "integer" ? "an" : "a"} ${rule.kind}`;
  if (rule.minimum !== undefined && Number(value) < rule.minimum) {
    return `it must be ${rule.minimum} or more`;
  }
  if (rule.isRequired === true && value === "") return "it must not be empty";
  return rule.refuse?.(value);
}

/**
 * Completes the program's inputs and judges them.
 *
 * @param rules      Of the resource.
 * @param news       The program's inputs, unwrapped; nulls count as absent.
 * @param oldInputs  Of the state; a required property that is absent now is taken from there, which keeps a name that
 *                   the official plugin made up.
 */
export function checkProperties(
  rules: PropertyRules,
  news: Values,
  oldInputs: Values,
): { readonly inputs: Values; readonly failures: readonly Failure[] } {
  const inputs: Record<string, Value> = {};
  const failures: Failure[] = [];
  for (const [key, value] of Object.entries(news)) {
    if (value !== null)
      inputs[key] = rules[key] === undefined ? value : coerce(rules[key].kind, value);
  }
  for (const [property, rule] of Object.entries(rules)) {
    const kept = rule.isRequired === true ? oldInputs[property] : undefined;
    const value = inputs[property] ?? kept ?? rule.fill;
    if (value === undefined || value === null) {
      if (rule.isRequired !== true) continue;
      failures.push({ property, reason: "it is missing: this plugin makes no names up" });
      continue;
    }
    inputs[property] = value;
    const reason = reasonAgainst(rule, value);
    if (reason !== undefined) failures.push({ property, reason });
  }
  return { inputs, failures };
}

/** One property of inputs or outputs as it is compared: absent and null count as the rule's zero. */
function normalised(rule: PropertyRule, value: Value | undefined): Value {
  const present = value ?? rule.zero;
  const spelled = rule.normalise?.(present) ?? present;
  if (rule.kind !== "set" || !Array.isArray(spelled)) return spelled;
  const items: readonly Value[] = spelled;
  return [...new Set(items)].sort();
}

const isSame = (left: Value, right: Value): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/** Full properties from partial ones: every rule's property, computed ones from `fallback` when absent. */
export function completed(rules: PropertyRules, inputs: Values, fallback: Values): Values {
  return Object.fromEntries(
    Object.entries(rules).map(([key, rule]) => [
      key,
      rule.isComputed === true
        ? (inputs[key] ?? fallback[key] ?? rule.zero)
        : normalised(rule, inputs[key]),
    ]),
  );
}

/** The properties an `ignoreChanges` list names; `*` is all. */
export function ignoredProperties(
  rules: PropertyRules,
  paths: readonly string[],
): ReadonlySet<string> {
  if (paths.includes("*")) return new Set(Object.keys(rules));
  return new Set(paths.map((path) => path.split(/[.[]/)[0] ?? path));
}

/**
 * Compares what the program wants with what the resource was last seen to be.
 *
 * @param rules    Of the resource.
 * @param news     Checked inputs; an unknown value is a change.
 * @param outputs  Old outputs, not old inputs: only they hold what a refresh found.
 * @param ignored  Property names not to look at.
 * @returns        Changed properties in the order of the rules.
 */
export function diffProperties(
  rules: PropertyRules,
  news: Values,
  outputs: Values,
  ignored: ReadonlySet<string>,
): readonly PropertyChange[] {
  const changes: PropertyChange[] = [];
  for (const [property, rule] of Object.entries(rules)) {
    if (ignored.has(property) || rule.isUncompared === true) continue;
    const declared = news[property] ?? null;
    if (rule.isComputed === true && declared === null) continue;
    const wanted = normalised(rule, declared);
    const present = normalised(rule, outputs[property]);
    if (isSame(wanted, present) && !isUnknown(wanted)) continue;
    const zero = normalised(rule, null);
    const kind = isSame(present, zero) ? "add" : isSame(wanted, zero) ? "delete" : "update";
    changes.push({ property, kind, isReplacing: rule.isReplacing === true });
  }
  return changes;
}

/** Inputs after a refresh: the old ones, each that the live resource contradicts replaced; none is added. */
export function refreshedInputs(rules: PropertyRules, oldInputs: Values, outputs: Values): Values {
  return Object.fromEntries(
    Object.entries(oldInputs).map(([key, value]) => {
      const rule = rules[key];
      if (rule === undefined || rule.isSecret === true || rule.isUncompared === true)
        return [key, value];
      const live = normalised(rule, outputs[key]);
      return [key, isSame(normalised(rule, value), live) ? value : live];
    }),
  );
}

/** Inputs of an imported resource: what differs from saying nothing, and what `check` would add. */
export function importedInputs(rules: PropertyRules, outputs: Values): Values {
  return Object.fromEntries(
    Object.entries(rules)
      .filter(([key, rule]) => {
        if (rule.isSecret === true || rule.isUncompared === true) return false;
        const value = normalised(rule, outputs[key]);
        return (
          value !== null && (rule.fill !== undefined || !isSame(value, normalised(rule, null)))
        );
      })
      .map(([key, rule]) => [key, normalised(rule, outputs[key])]),
  );
}
