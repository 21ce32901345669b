/**
 * What every kind of operation locks, writes anew and reads: one row per kind.
 * Does NOT judge it. Every row is measured in test/database.
 */
import { isRelation, type ObjectName } from "../sql/objectName";
import { answerOf } from "../statements/answerOf";
import type { Operation, OperationOf } from "../statements/operation";
import { emptyUse } from "../statements/queryUse";
import {
  createIndexImpact,
  createOnTableImpact,
  createTableImpact,
  createViewImpact,
} from "./creationImpacts";
import { dropImpact } from "./dropImpacts";
import type { ImpactBuilder } from "./impactBuilder";
import { lockRead, parsedQueryImpact, queryImpact } from "./queryImpacts";
import { alterTableImpact } from "./tableImpacts";
import {
  clusterImpact,
  refreshImpact,
  reindexImpact,
  truncateImpact,
  vacuumImpact,
} from "./upkeepImpacts";

type Row<K extends Operation["kind"]> = (impacts: ImpactBuilder, operation: OperationOf<K>) => void;

/** RENAME of a table or of a part of it. An index's own name is the exception that lets others work. */
function rename(impacts: ImpactBuilder, { object, part }: OperationOf<"rename">): void {
  if (!isRelation(object.kind)) {
    if (object.kind === "type") impacts.lockComposite(object);
    if (part?.kind === "attribute") {
      impacts.lockAll(impacts.typedTables(object), "ACCESS EXCLUSIVE");
    }
    return;
  }
  const target = impacts.find(object, object.kind);
  const isIndex = target.ref.kind === "index" && object.kind === "index";
  const reachesDown = part !== null && ["column", "constraint", "trigger"].includes(part.kind);
  const reached = reachesDown ? impacts.family(target) : [target];
  impacts.lockAll(reached, isIndex ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
}

function setSchema(impacts: ImpactBuilder, { object }: OperationOf<"set schema">): void {
  if (!isRelation(object.kind)) return;
  const target = impacts.find(object, object.kind);
  impacts.lockAll([target, ...impacts.all(target.model?.sequences ?? [])], "ACCESS EXCLUSIVE");
}

function comment(impacts: ImpactBuilder, { object, part }: OperationOf<"comment">): void {
  if (!isRelation(object.kind)) return;
  const target = impacts.find(object, object.kind);
  const isOnPart = part !== null && part.kind !== "column";
  impacts.lock(target, isOnPart ? "ACCESS SHARE" : "SHARE UPDATE EXCLUSIVE");
}

function alterDomain(impacts: ImpactBuilder, operation: OperationOf<"alter domain">): void {
  const { domain, command, valid } = operation;
  const checks =
    command === "set not null" ||
    command === "validate constraint" ||
    (command === "add constraint" && valid);
  if (!checks) return;
  const tables = impacts.tablesWith(domain);
  impacts.lockAll(tables, "SHARE");
  impacts.scanAll(tables);
  impacts.assume(
    `every table with a column of domain ${domain.name} is read, also where no file says so`,
  );
}

const create =
  (kind: string) =>
  (impacts: ImpactBuilder, name: ObjectName): void => {
    impacts.create({ kind, ...impacts.model.nameForNew(name) });
  };

const operationImpacts: { readonly [K in Operation["kind"]]: Row<K> } = {
  "create table": createTableImpact,
  "alter table": alterTableImpact,
  "create view": createViewImpact,
  "create index": createIndexImpact,
  "create on table": createOnTableImpact,
  refresh: refreshImpact,
  reindex: reindexImpact,
  drop: dropImpact,
  rename,
  "set schema": setSchema,
  "set owner": (impacts, { object }) => {
    if (object.kind === "type") impacts.lockComposite(object);
  },
  comment,
  "create type": (impacts, { type, form }) => {
    create(form === "domain" ? "domain" : "type")(impacts, type);
  },
  "add enum value": (impacts) => {
    impacts.cannotUndo();
  },
  "rename enum value": () => undefined,
  "alter domain": alterDomain,
  "alter policy": (impacts, { table }) => {
    impacts.lock(impacts.find(table), "ACCESS EXCLUSIVE");
  },
  "create function": (impacts, operation) => {
    const isReplaced = operation.replace && impacts.model.other(operation.function) !== null;
    if (!isReplaced) impacts.create(operation.function);
    parsedQueryImpact(impacts, operation.query);
  },
  "create sequence": (impacts, { sequence, ownedBy }) => {
    create("sequence")(impacts, sequence);
    if (ownedBy !== null) impacts.lock(impacts.find(ownedBy), "ACCESS SHARE");
  },
  "alter sequence": (impacts, { sequence, ownedBy, restarts }) => {
    impacts.lock(impacts.find(sequence, "sequence"), "SHARE ROW EXCLUSIVE");
    if (restarts) impacts.reset(impacts.find(sequence, "sequence"));
    if (ownedBy !== null) impacts.lock(impacts.find(ownedBy), "ACCESS SHARE");
  },
  "create statistics": (impacts, { statistics, table }) => {
    create("statistics")(impacts, statistics);
    if (table !== null) impacts.lock(impacts.find(table), "SHARE UPDATE EXCLUSIVE");
  },
  create: (impacts, { object }) => {
    impacts.create(object);
  },
  publication: (impacts, { name, creates, tables }) => {
    if (creates) impacts.create({ kind: "publication", schema: null, name });
    for (const table of tables) impacts.lock(impacts.find(table), "SHARE UPDATE EXCLUSIVE");
  },
  truncate: truncateImpact,
  query: (impacts, { query }) => {
    queryImpact(impacts, query);
  },
  copy: (impacts, { table, from }) => {
    const row = { table, filtered: true, updatesOnConflict: false, listed: true, columns: [] };
    if (from) queryImpact(impacts, { ...emptyUse, writes: [{ verb: "insert", ...row }] });
    else lockRead(impacts, table, "ACCESS SHARE");
  },
  vacuum: vacuumImpact,
  analyze: vacuumImpact,
  cluster: clusterImpact,
  lock: (impacts, { tables, mode }) => {
    for (const { name, only } of tables) {
      const target = impacts.find(name);
      impacts.lockAll(impacts.family(target, only), mode);
      if (target.ref.kind === "view") lockRead(impacts, name, mode);
    }
  },
  call: (impacts, { procedure }) => {
    impacts.call(procedure);
  },
  do: (impacts, { unknown }) => {
    if (unknown !== null) impacts.noteUnknown(unknown);
  },
  "search path": () => undefined,
  privileges: (impacts, { tables }) => {
    for (const table of tables) impacts.lock(impacts.find(table), "ACCESS SHARE");
  },
  session: () => undefined,
  unknown: (impacts, { reason }) => {
    impacts.noteUnknown(reason);
  },
};

/** Adds what one operation does. The operations inside DO are the caller's to add. */
export function operationImpact(impacts: ImpactBuilder, operation: Operation): void {
  answerOf(operationImpacts, operation, impacts);
}
