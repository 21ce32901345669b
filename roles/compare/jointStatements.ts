/**
 * Writes one statement for many objects where the same is given or taken on each: a database's drift is mostly of few
 * kinds on many objects, and each statement costs more than another name in it. Pure.
 * Does NOT decide what is mended, or in which order but for this.
 */
import type { CatalogObject, Deviation, JointStatements } from "../model";
import { objectKinds } from "../objectKinds";
import type { Around } from "./grantStatements";

/** The statements for an object, so that others of its kind may stand beside it. */
export const jointly = (
  { kind, identity }: Pick<CatalogObject, "kind" | "identity">,
  around: readonly Around[],
): JointStatements => ({
  object: identity,
  parts: around.map(([before, after]) => [`${before}${objectKinds[kind].grant} `, after] as const),
});

/**
 * The statements of these deviations. Those that differ in nothing but the object are one, and stand where the first of
 * them stood; what one deviation does stays in its order.
 */
export function jointStatements(deviations: readonly Deviation[]): readonly string[] {
  const groups = new Map<string, readonly [Deviation, Set<string>]>();
  for (const [index, deviation] of deviations.entries()) {
    const { joint } = deviation;
    const key = joint === undefined ? String(index) : JSON.stringify(joint.parts);
    const group = groups.get(key) ?? ([deviation, new Set<string>()] as const);
    groups.set(key, group);
    if (joint !== undefined) group[1].add(joint.object);
  }
  return [...groups.values()].flatMap(([{ statements, joint }, objects]) =>
    joint === undefined
      ? statements
      : joint.parts.map(([before, after]) => `${before}${[...objects].join(", ")}${after}`),
  );
}
