/**
 * Holds what was measured against what was announced: each thing done beyond it to what was there before, in a sentence.
 * Pure. Does NOT ask the server (see measure.ts) or decide what follows (see attempt.ts).
 */
import { compareModes } from "../sql/lockModes";
import type { ObjectName } from "../sql/objectName";
import { sqlName } from "../sql/sqlText";
import type { Claims } from "./announced";
import type { Before, CountedTable, Measured, MeasuredRelation, RelationBefore } from "./measured";
import { NameSet } from "./nameSet";

/** All that is compared. */
export interface Comparison {
  readonly measured: Measured;
  readonly before: Before;
  readonly counted: readonly CountedTable[];
  readonly claims: Claims;
  /** Relations that earlier segments of this very run have made. */
  readonly made: ReadonlySet<number>;
  /** The transaction that was begun. */
  readonly transaction: string;
}

/** One relation with its past, and all the names by which the text may mean it. */
interface Touched {
  readonly relation: MeasuredRelation;
  readonly before: RelationBefore;
  readonly names: readonly ObjectName[];
}

const rowsOf = (count: number): string => `${count} ${count === 1 ? "row" : "rows"}`;

/** The names of a relation: its own, those the text gives it, its parents', and those of views over it. */
function namesOf(own: ObjectName, through: readonly ObjectName[], claims: Claims): ObjectName[] {
  const found = [own];
  for (const known of found) {
    for (const [from, to] of claims.renames) {
      const isFrom = new NameSet([from]).has(known);
      const next = { schema: to.schema ?? known.schema, name: to.name };
      const isNew = !found.some(({ schema, name }) => schema === next.schema && name === next.name);
      if (isFrom && isNew) found.push(next);
    }
  }
  return [...found, ...through];
}

/** Sum over all that one announced name reaches: rows that move between partitions are deleted here and inserted there. */
function balanced(one: Touched, all: readonly Touched[], claims: Claims): boolean {
  const parents = one.before.through.filter((name) => claims.updates.has(name));
  return parents.some((parent) => {
    const family = all.filter(({ before }) =>
      before.through.some(({ schema, name }) => schema === parent.schema && name === parent.name),
    );
    const sum = family.reduce(
      (total, { relation }) => total + relation.deleted - relation.inserted,
      0,
    );
    return sum <= 0;
  });
}

/** Rows: who wrote what into a relation that was there. */
function rowViolations(one: Touched, all: readonly Touched[], comparison: Comparison): string[] {
  const { claims, counted } = comparison;
  const { relation, names, before } = one;
  const then = counted.find((table) => table.relation === relation.oid);
  const deleted = Math.max(relation.deleted, then?.deletedThen ?? 0);
  const updated = Math.max(relation.updated, then?.updatedThen ?? 0);
  const what: string[] = [];
  if (before.kind === "f") return ["a foreign table, whose rows this server does not count"];
  const isMoved = claims.updates.hasAny(names) && balanced(one, all, claims);
  if (deleted > 0 && !claims.deletes.hasAny(names) && !isMoved) {
    what.push(`${rowsOf(deleted)} deleted, none announced`);
  }
  if (updated > 0 && !claims.updates.hasAny(names)) {
    what.push(`${rowsOf(updated)} updated, none announced`);
  }
  const mayInsert = claims.inserts.hasAny(names) || claims.affected.hasAny(names) || isMoved;
  if (relation.inserted > 0 && !mayInsert) {
    what.push(`${rowsOf(relation.inserted)} inserted, none announced`);
  }
  return what;
}

/** A new file: written anew, emptied, or both. */
function fileViolations(one: Touched, { claims, counted }: Comparison): string[] {
  const { relation, before, names } = one;
  if (relation.now === null || relation.now.file === before.file) return [];
  if (!/^[rmS]$/.test(before.kind)) return [];
  if (before.kind === "S") {
    const isAnnounced =
      claims.rewrites.hasAny(names) ||
      (before.of !== null &&
        new NameSet([before.of]).hasAny([...alteredNames(claims, before.of)])) ||
      (before.of !== null && claims.empties.has(before.of));
    return isAnnounced ? [] : ["the sequence was begun anew, not announced"];
  }
  if (claims.empties.hasAny(names)) return [];
  if (!claims.rewrites.hasAny(names)) return ["emptied or written anew, not announced"];
  const table = counted.find(({ relation: oid }) => oid === relation.oid);
  if (before.kind === "m") return [];
  if (table === undefined)
    return ["written anew before it was announced: its rows were not counted"];
  const expected = table.base + relation.inserted - relation.deleted;
  if (table.after === null || table.after === expected) return [];
  return [`written anew, but of ${rowsOf(expected)} ${table.after} are left`];
}

const alteredNames = (claims: Claims, of: ObjectName): readonly ObjectName[] =>
  claims.altered.has(of) ? [of] : [];

function dropViolations({ relation, before, names }: Touched, { claims }: Comparison): string[] {
  if (relation.now !== null || !/^[rpmfSv]$/.test(before.kind)) return [];
  const of = before.of === null ? [] : [before.of];
  // With its table, or with its column.
  const goes = before.of !== null && (claims.drops.hasAny(of) || claims.altered.hasAny(of));
  const isAnnounced =
    claims.drops.hasAny(names) || goes || claims.dropsSchemas.has(before.schema ?? "");
  return isAnnounced ? [] : ["dropped, not announced"];
}

/** A strong lock on a table that neither a statement nor the header names. */
function lockViolations({ relation, before, names }: Touched, { claims }: Comparison): string[] {
  if (claims.isOpaque || !/^[rpm]$/.test(before.kind)) return [];
  if (compareModes(relation.lock, "SHARE") < 0 || claims.touched.hasAny(names)) return [];
  return [`locked in ${relation.lock} mode, not announced`];
}

function columnViolations(comparison: Comparison): readonly Spoken[] {
  const { measured, before, claims } = comparison;
  return measured.columns.flatMap((column) => {
    const table = before.relations.get(column.relation);
    const old = before.columns.find(
      ({ relation, number }) => relation === column.relation && number === column.number,
    );
    if (table === undefined || old === undefined || comparison.made.has(table.oid)) return [];
    const gone = measured.relations.find(({ oid }) => oid === table.oid)?.now === null;
    if (gone) return [];
    const names = namesOf(table, table.through, claims);
    const isIn = (list: Claims["columnsDropped"]): boolean =>
      list.some((one) => new NameSet([one]).hasAny(names));
    const say = (text: string): Spoken => ({
      about: table,
      text: `${sqlName(table)}.${old.name}: ${text}`,
    });
    if (column.dropped) {
      return isIn(claims.columnsDropped) ? [] : [say("column dropped, not announced")];
    }
    if (column.acl !== old.acl) return [say("privileges changed")];
    if (column.typeId === old.typeId || isIn(claims.columnsRetyped)) return [];
    return [say(`${column.type}, was ${old.type}: not announced`)];
  });
}

/** A violation and the object it is about, for exceptions. */
interface Spoken {
  readonly about: ObjectName | null;
  readonly text: string;
}

function rightsViolations({ measured, before, made }: Comparison): readonly Spoken[] {
  return measured.rights.flatMap((now) => {
    const old = before.relations.get(now.oid);
    if (old === undefined || made.has(now.oid)) return [];
    const say = (text: string): Spoken => ({ about: old, text: `${sqlName(old)}: ${text}` });
    return [
      ...(now.owner === old.owner ? [] : [say("another owner")]),
      ...(now.acl === old.acl ? [] : [say("privileges changed")]),
    ];
  });
}

function routineViolations({ measured, before, claims }: Comparison): readonly Spoken[] {
  const changed = measured.routines.flatMap((now): readonly Spoken[] => {
    const old = before.routines.get(now.oid);
    if (old === undefined) return [];
    const say = (text: string): Spoken => ({ about: old, text: `${old.signature}: ${text}` });
    return [
      ...(now.owner === old.owner ? [] : [say("another owner")]),
      ...(now.acl === old.acl ? [] : [say("privileges changed")]),
      ...(now.meaning === old.meaning || claims.routines.has(old)
        ? []
        : [say("replaced or altered, not announced")]),
    ];
  });
  const gone = measured.goneObjects.flatMap(([catalog, oid]): readonly Spoken[] => {
    const routine = catalog === "pg_proc" ? before.routines.get(oid) : undefined;
    const type = catalog === "pg_type" ? before.types.get(oid) : undefined;
    const old = routine ?? type;
    if (old === undefined || claims.dropsSchemas.has(old.schema ?? "")) return [];
    if ((routine === undefined ? claims.types : claims.routines).has(old)) return [];
    return [{ about: old, text: `${routine?.signature ?? sqlName(old)}: dropped, not announced` }];
  });
  return [...changed, ...gone];
}

/** Triggers, rules and policies on what was there: they run later, on the application's behalf. */
function partViolations(comparison: Comparison): readonly Spoken[] {
  const { measured, before, claims, made } = comparison;
  const written = measured.parts.flatMap(({ kind, relation, name }): readonly Spoken[] => {
    const table = before.relations.get(relation);
    if (table === undefined || made.has(relation)) return [];
    const names = namesOf(table, table.through, claims);
    const isViewsQuery = kind === "rule" && name === "_RETURN";
    const isAnnounced =
      claims.altered.hasAny(names) ||
      (isViewsQuery
        ? claims.views.hasAny(names)
        : claims.parts.some((one) => one.part === name && new NameSet([one]).hasAny(names)));
    if (isAnnounced) return [];
    const what = isViewsQuery ? "its query" : `${kind} ${name}`;
    return [{ about: table, text: `${sqlName(table)}: ${what} made or changed, not announced` }];
  });
  if (claims.dropsParts) return written;
  const gone: Readonly<Record<string, string>> = {
    pg_trigger: "a trigger was dropped, not announced",
    pg_policy: "a policy was dropped, not announced",
    pg_rewrite: "a rule was dropped, not announced",
  };
  return [
    ...written,
    ...measured.gone.flatMap((catalog) => {
      const text = gone[catalog];
      return text === undefined ? [] : [{ about: null, text }];
    }),
  ];
}

/** What the catalogs hold that no migration may change, in words. */
const catalogWords: Readonly<Record<string, string>> = {
  pg_authid: "roles",
  pg_auth_members: "memberships of roles",
  pg_database: "databases",
  pg_db_role_setting: "stored settings",
  pg_default_acl: "default privileges",
  pg_event_trigger: "event triggers",
  pg_foreign_data_wrapper: "foreign data wrappers",
  pg_foreign_server: "foreign servers",
  pg_largeobject: "large objects",
  pg_largeobject_metadata: "large objects",
  pg_subscription: "subscriptions",
  pg_user_mapping: "user mappings",
};

function catalogViolations({ measured }: Comparison): readonly Spoken[] {
  const words = measured.catalogs.flatMap((name) => catalogWords[name] ?? []);
  return [...new Set(words)].map((word) => ({ about: null, text: `${word} changed` }));
}

/** What goes beyond the claims, one sentence each, without a full stop; empty when the run did what was judged. */
export function violationsOf(comparison: Comparison): readonly string[] {
  const { measured, before, claims, made, transaction } = comparison;
  const touched = measured.relations.flatMap((relation): readonly Touched[] => {
    const old = before.relations.get(relation.oid);
    if (old === undefined || made.has(relation.oid)) return [];
    return [{ relation, before: old, names: namesOf(old, old.through, claims) }];
  });
  const ofRelations = touched.flatMap((one) =>
    [
      ...rowViolations(one, touched, comparison),
      ...fileViolations(one, comparison),
      ...dropViolations(one, comparison),
      ...lockViolations(one, comparison),
    ].map((text): Spoken => ({ about: one.before, text: `${sqlName(one.before)}: ${text}` })),
  );
  const spoken: readonly Spoken[] = [
    ...ofRelations,
    ...columnViolations(comparison),
    ...rightsViolations(comparison),
    ...routineViolations(comparison),
    ...partViolations(comparison),
    ...catalogViolations(comparison),
  ];
  const lost =
    transaction !== measured.transaction
      ? ["the transaction was ended and another begun: what the first one did was not measured"]
      : [];
  const kept = spoken.filter(({ about }) => about === null || !claims.excepted.has(about));
  return [...new Set([...lost, ...kept.map(({ text }) => text)])];
}
