/**
 * Asks a total map over kinds about one of them: the one place where TypeScript is told that row and kind belong together.
 * Does NOT hold a map: each stands with what it is about, and its type asks for every kind.
 */

/**
 * What the row of this variant's kind says.
 *
 * @param map     A row for every kind, each taking what comes before and then the variant of its own kind.
 * @param before  What all rows are given first.
 */
export function answerOf<
  V extends { readonly kind: string },
  Before extends readonly unknown[],
  Rows extends Readonly<Record<V["kind"], (...given: [...Before, never]) => unknown>>,
>(map: Rows, variant: V, ...before: Before): ReturnType<Rows[V["kind"]]> {
  const row: unknown = map[variant.kind as V["kind"]];
  return (row as (...given: [...Before, V]) => ReturnType<Rows[V["kind"]]>)(...before, variant);
}
