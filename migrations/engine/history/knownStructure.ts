/**
 * Brings what is known of a structure up to date with a part of it that was read again, and says where that part cannot
 * tell it all.
 * Pure. Does NOT read the catalogs (see ledger/keptStructure.ts).
 */
import { digestSnapshot, type PartDigests, type SchemaSnapshot } from "./snapshot";
import { structureOf } from "./structureLines";

/** The live structure, with the name of each relation by its object id. */
export interface KnownStructure {
  readonly objects: PartDigests;
  readonly relations: ReadonlyMap<number, string>;
}

/** Which part of the structure is read again. */
export interface Touched {
  /** Object ids of relations; of an index its table is read. */
  readonly relations: readonly number[];
  /** All routines; all types that are no relations. */
  readonly routines: boolean;
  readonly types: boolean;
}

/** The structure, or a part of it, with the relations by object id. */
export interface AddressedSnapshot {
  readonly lines: SchemaSnapshot;
  readonly relations: ReadonlyMap<number, string>;
}

/** Parts whose names the definitions of other objects print. */
const isNamedElsewhere = (part: string): boolean =>
  part.startsWith("column ") || part.startsWith("index ");

const isRoutine = (object: string): boolean => /^(?:function|procedure|aggregate) /.test(object);

const isSame = (
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([part, digest]) => other[part] === digest);

/**
 * @param read    What was read again of `touched`.
 * @param server  Its major version.
 * @returns       Null where something has got another name, or a type other labels: that is printed in definitions that
 *                were not read again, so that all has to be.
 */
export function knownAfter(
  known: KnownStructure,
  touched: Touched,
  read: AddressedSnapshot,
  server: number,
): KnownStructure | null {
  const objects = new Map(Object.entries(known.objects));
  const relations = new Map(known.relations);
  const fresh = digestSnapshot(structureOf(read.lines, server), server).objects;
  for (const oid of touched.relations) {
    const [was, is] = [known.relations.get(oid), read.relations.get(oid)];
    if (was === undefined || was === is) continue;
    if (is !== undefined) return null;
    objects.delete(was);
    relations.delete(oid);
  }
  const names = new Set(known.relations.values());
  for (const object of Object.keys(known.objects)) {
    const isAll = isRoutine(object)
      ? touched.routines
      : touched.types && object.startsWith("type ") && !names.has(object);
    // One that is gone may have got another name.
    if (isAll && fresh[object] === undefined) return null;
  }
  const again = new Set(read.relations.values());
  for (const [object, parts] of Object.entries(fresh)) {
    const isType = object.startsWith("type ");
    // Whatever else was printed was not read as a whole.
    const isAsked = again.has(object) || isRoutine(object) || (isType && touched.types);
    if (!isAsked) continue;
    const was = known.objects[object];
    if (was !== undefined) {
      if (isSame(was, parts)) continue;
      const isGone = (part: string): boolean =>
        isNamedElsewhere(part) && !Object.hasOwn(parts, part);
      if (isType || Object.keys(was).some(isGone)) return null;
    }
    objects.set(object, parts);
  }
  for (const [oid, object] of read.relations) relations.set(oid, object);
  return { objects: Object.fromEntries(objects), relations };
}
