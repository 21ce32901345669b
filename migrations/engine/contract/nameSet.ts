/**
 * A set of names as SQL writes them: one without its schema stands for that name in every schema.
 * Pure. Does NOT look anything up.
 */
import type { ObjectName } from "../sql/objectName";

export class NameSet {
  private readonly whole = new Set<string>();
  private readonly bare = new Set<string>();

  constructor(names: Iterable<ObjectName> = []) {
    for (const name of names) this.add(name);
  }

  add({ schema, name }: ObjectName): void {
    if (schema === null) this.bare.add(name);
    else this.whole.add(JSON.stringify([schema, name]));
  }

  has({ schema, name }: ObjectName): boolean {
    return this.bare.has(name) || this.whole.has(JSON.stringify([schema, name]));
  }

  hasAny(names: readonly ObjectName[]): boolean {
    return names.some((name) => this.has(name));
  }
}
