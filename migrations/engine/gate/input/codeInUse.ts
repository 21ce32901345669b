/**
 * What runs a function by itself: triggers, rules, policies, defaults, checks, generated columns, indexes, views and
 * domains that were there before, directly or through another function.
 * Does NOT judge (see the rules), and knows only what the files make.
 */
import type { RelationModel, SchemaModel } from "../../schema/schemaModel";
import type { ObjectName } from "../../sql/objectName";
import { quoted, sqlName } from "../../sql/sqlText";
import { nameOf } from "../../statements/columnParts";
import { flatOperations, type QueryUse } from "../../statements/operation";

/** True when a call, as a query has it (`m.f`, `f`, `operator m.===`), may mean the function or operator. */
function means(call: string, { schema, name }: ObjectName): boolean {
  const [, operator = null] = /^operator (.*)$/s.exec(call) ?? [];
  const called = nameOf((operator ?? call).split("."));
  const isNamed = (operator === null ? called.name : `operator ${called.name}`) === name;
  return isNamed && (called.schema === null || called.schema === schema);
}

const callsIn = ({ unknownFunctions, shadowable }: QueryUse): readonly string[] => [
  ...unknownFunctions,
  ...shadowable,
];

/** The function, and all that call it. */
function withCallers(model: SchemaModel, used: ObjectName): readonly ObjectName[] {
  const found: ObjectName[] = [used];
  for (const one of found) {
    for (const { name, bodies } of model.everyRoutine()) {
      if (found.some((known) => known.name === name.name && known.schema === name.schema)) continue;
      const isCaller = bodies
        .flatMap(({ operations }) => flatOperations(operations))
        .some(
          (operation) =>
            operation.kind === "query" && callsIn(operation.query).some((call) => means(call, one)),
        );
      if (isCaller) found.push(name);
    }
  }
  return found;
}

/** Each place of a relation that calls something, in words. */
function placesOf({
  ref,
  triggers,
  armed,
  columns,
  constraints,
  index,
  calls,
}: RelationModel): readonly (readonly [what: string, calls: readonly string[]])[] {
  const name = sqlName(ref);
  return [
    ...triggers.map(
      (one) => [`trigger ${quoted(one.name)} of ${name}`, [one.function, ...one.calls]] as const,
    ),
    ...armed.map(
      (one) => [`${one.kind} ${quoted(one.name)} of ${name}`, callsIn(one.query)] as const,
    ),
    ...[...columns.values()].map(
      (one) => [`default or expression of ${name}.${quoted(one.name)}`, one.calls] as const,
    ),
    ...constraints.map((one) => [`constraint ${quoted(one.name)} of ${name}`, one.calls] as const),
    ...(index === null ? [] : [[`index ${name}`, index.calls] as const]),
    [`${ref.kind} ${name}`, calls] as const,
  ];
}

/** What runs the function without being asked for it by name, in words; empty where nothing does. */
export function usersOf(model: SchemaModel, used: ObjectName): readonly string[] {
  const all = withCallers(model, used);
  const uses = (calls: readonly string[]): boolean =>
    calls.some((call) => all.some((one) => means(call, one)));
  return [
    ...model
      .relations()
      .flatMap((relation) =>
        placesOf(relation).flatMap(([what, calls]) => (uses(calls) ? [what] : [])),
      ),
    ...model.callingStatistics().flatMap(({ table, calls }) => {
      const relation = table === null || !uses(calls) ? null : model.byId(table);
      return relation === null ? [] : [`statistics of ${sqlName(relation.ref)}`];
    }),
    ...model
      .everyType()
      .flatMap(({ ref, calls }) => (uses(calls) ? [`${ref.kind} ${sqlName(ref)}`] : [])),
  ];
}
