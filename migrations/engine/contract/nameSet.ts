/**
 * A set of names as SQL writes them: one without its schema stands for that name in every schema.
 * Pure. Does NOT look anything up.
 */
import { nameKey, type ObjectName } from "../sql/objectName";

export class NameSet {
  private readonly whole = new Set<string>();
  private readonly bare = new Set<string>();

  constructor(names: Iterable<ObjectName> = []) {
    for (const name of names) this.add(name);
  }

  add(name: ObjectName): void {
    if (name.schema === null) this.bare.add(name.name);
    else this.whole.add(nameKey(name));
  }

  has(name: ObjectName): boolean {
    return this.bare.has(name.name) || this.whole.has(nameKey(name));
  }

  hasAny(names: readonly ObjectName[]): boolean {
    return names.some((name) => this.has(name));
  }
}
