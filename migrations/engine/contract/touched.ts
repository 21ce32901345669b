/**
 * Which part of the structure transactions may have changed: that part is read again, and nothing else. Whatever is not
 * known here to leave its trace in locks and counters makes all of it read again.
 * Pure. Does NOT read the structure (see ledger/keptStructure.ts).
 * Source: postgresql.org/docs/current/explicit-locking.html, and what each command locks as its reference page says.
 */
import type { Touched } from "../history/knownStructure";
import type { Before, Measured, MeasuredRelation, Traces } from "./measured";

/**
 * Catalogs whose rows belong to a relation. Whoever writes one holds the relation, or its index, in SHARE UPDATE EXCLUSIVE
 * mode or a stronger one until the end; but for privileges, which are no part of the structure.
 */
const ofRelations = [
  ...["pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_inherits"],
  ...["pg_partitioned_table", "pg_policy", "pg_rewrite", "pg_sequence", "pg_trigger"],
];
const ofRoutines = ["pg_proc", "pg_aggregate"];
const ofTypes = ["pg_type", "pg_enum", "pg_range"];
/** Printed nowhere, or (comments) told by the locks on what they are about. */
const silent = [
  ...["pg_depend", "pg_shdepend", "pg_init_privs", "pg_statistic", "pg_description"],
  ...["pg_largeobject", "pg_largeobject_metadata"],
];
const known = new Set([...ofRelations, ...ofRoutines, ...ofTypes, ...silent]);

const nothing: Touched = { relations: [], routines: false, types: false };

/** Relations of these kinds come with two types: of a row, and of an array of rows. */
const hasRowType = /^[rpvmfc]$/;

/** Whether types were written that are not just those of new relations. */
function hasTypes(traces: Traces, { relations }: Measured, before: Before): boolean {
  const { written, domains } = traces;
  const isNew = ({ oid, now }: MeasuredRelation): boolean =>
    now !== null && hasRowType.test(now.kind) && !before.relations.has(oid);
  const [inserted, updated, deleted] = written["pg_type"] ?? [0, 0, 0];
  const isOther = updated + deleted > 0 || inserted !== 2 * relations.filter(isNew).length;
  // A domain's constraints lock no relation, and say of no type that it was written.
  const constraints = written["pg_constraint"];
  const isDomain = constraints !== undefined && (domains || constraints[2] > 0);
  return isOther || isDomain || ["pg_enum", "pg_range"].some((name) => written[name] !== undefined);
}

/** @returns null: it may be anything. */
function touchedBy(measured: Measured, before: Before): Touched | null {
  const { counts, traces } = measured;
  if (!counts || traces === null) return null;
  const { written, locked, marked } = traces;
  if (!Object.keys(written).every((catalog) => known.has(catalog))) return null;
  if (marked && written["pg_description"] !== undefined) return null;
  const has = (catalogs: readonly string[]): boolean =>
    catalogs.some((catalog) => written[catalog] !== undefined);
  // Locks alone change nothing.
  const isAny = has(ofRelations) || has(["pg_description"]);
  return {
    relations: isAny ? locked : [],
    routines: has(ofRoutines),
    types: hasTypes(traces, measured, before),
  };
}

/** Adds up what the transactions of a run have touched. */
export class TouchedParts {
  private sum: Touched | null = nothing;

  add(measured: Measured, before: Before): void {
    const one = touchedBy(measured, before);
    this.sum =
      this.sum === null || one === null
        ? null
        : {
            relations: [...new Set([...this.sum.relations, ...one.relations])],
            routines: this.sum.routines || one.routines,
            types: this.sum.types || one.types,
          };
  }

  /** Something ran that was not measured. */
  addUnknown(): void {
    this.sum = null;
  }

  /** Null: it may be anything. */
  get parts(): Touched | null {
    return this.sum;
  }
}
