/**
 * A map over another one, so that a thousand states share what they have in common.
 * Does NOT know what it holds (see schemaModel).
 */

/** More layers make a look-up slow, fewer make each state a copy of the last. */
const maxDepth = 24;

/** Values by key; what is set here leaves the layer below as it is. */
export class Layer<V> {
  private readonly own = new Map<string, V | null>();
  /** This layer's values and those of the layers below, topmost first. Null: removed. */
  private readonly stack: readonly ReadonlyMap<string, V | null>[];

  constructor(below: Layer<V> | null = null) {
    const under = below?.stack ?? [];
    const merged = under.length > maxDepth && below !== null ? [below.merge()] : under;
    this.stack = [this.own, ...merged];
  }

  get(key: string): V | undefined {
    return this.look(key) ?? undefined;
  }

  /** True when the key was there and was removed. */
  isGone(key: string): boolean {
    return this.look(key) === null;
  }

  set(key: string, value: V | null): void {
    this.own.set(key, value);
  }

  /** As values, each with its key. */
  entries(): readonly (readonly [key: string, value: V])[] {
    return [...this.merge()].flatMap(([key, value]) =>
      value === null ? [] : [[key, value] as const],
    );
  }

  /** Everything that is there, in the order in which it came. */
  values(): readonly V[] {
    return [...this.merge().values()].filter((value) => value !== null);
  }

  private look(key: string): V | null | undefined {
    for (const values of this.stack) {
      const value = values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  private merge(): ReadonlyMap<string, V | null> {
    const merged = new Map<string, V | null>();
    for (const values of [...this.stack].reverse()) {
      for (const [key, value] of values) merged.set(key, value);
    }
    return merged;
  }
}
