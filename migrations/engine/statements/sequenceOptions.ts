/**
 * What the options of ALTER SEQUENCE, and of an identity column, make of the numbers that come next.
 * Does NOT know the sequence's value, which no file says.
 */
import { asList, asText, dig, names } from "../sql/tree";

/** Options after which numbers come again, or others than those that were due. */
const resetting: ReadonlySet<string> = new Set([
  "restart",
  "increment",
  "minvalue",
  "maxvalue",
  "cycle",
]);

/** How the parser writes a boolean that is false: an empty Boolean node. */
const isFalse = (value: unknown): boolean =>
  dig(value, "Boolean") !== undefined && dig(value, "Boolean", "boolval") !== true;

/** True when other numbers come: RESTART does that alone, the others with a value (not NO MAXVALUE, NO CYCLE). */
export const changesNumbers = (options: unknown): boolean =>
  asList(options).some((item) => {
    const name = asText(dig(item, "DefElem", "defname")) ?? "";
    const value = dig(item, "DefElem", "arg");
    return resetting.has(name) && (name === "restart" || (value !== undefined && !isFalse(value)));
  });

/** AS smallint or integer: the numbers end sooner than those of bigint. */
export const narrowsNumbers = (options: unknown): boolean =>
  asList(options).some((item) => {
    const type = names(dig(item, "DefElem", "arg", "TypeName", "names")).at(-1) ?? "";
    return dig(item, "DefElem", "defname") === "as" && /^int[24]$/.test(type);
  });
