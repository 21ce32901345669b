/**
 * What runs when something is called by name: a function, an operator, the default and checks of a domain.
 * Does NOT follow what that calls in its turn (see impact/classify).
 */
import { isHarmless } from "../sql/knownFunctions";
import { nameOf } from "../statements/columnParts";
import type { BlockOperations } from "../statements/operation";
import { emptyUse } from "../statements/queryUse";
import type { TypeRef } from "../statements/tableOperation";
import type { SchemaModel, TypeModel } from "./schemaModel";

/** The bodies, or null when the name means something that no file makes. */
export type CalledCode = readonly BlockOperations[] | null;

/** A domain and the domains below it. */
export function domainChain(model: SchemaModel, type: TypeRef): readonly TypeModel[] {
  const found: TypeModel[] = [];
  for (let next: TypeRef | null = type.isArray ? null : type; next !== null;) {
    const one: TypeModel | null = model.type(next);
    if (one === null || found.includes(one)) break;
    found.push(one);
    next = one.base;
  }
  return found;
}

/** True when a value of the type is checked: a domain, or one below it, has NOT NULL or CHECK. */
export const isChecked = (model: SchemaModel, type: TypeRef): boolean =>
  domainChain(model, type).some(({ constrained }) => constrained);

/** What using a type calls, as of a query. */
export const callsOfType = (model: SchemaModel, type: TypeRef): readonly string[] =>
  domainChain(model, type).flatMap(({ calls }) => calls);

const callsAlone = (calls: readonly string[]): CalledCode =>
  calls.length === 0
    ? []
    : [
        {
          operations: [{ kind: "query", query: { ...emptyUse, unknownFunctions: calls } }],
          statements: [],
          givesNull: false,
          unknown: null,
        },
      ];

/**
 * The bodies behind a name.
 *
 * @param called  As QueryUse has it: `m.f`, `f`, `operator m.===`, `type m.d`.
 */
export function calledCode(model: SchemaModel, called: string): CalledCode {
  const [, kind, rest = called] = /^(operator|type) (.*)$/s.exec(called) ?? [];
  const parts = rest.split(".");
  const name = nameOf(parts);
  if (kind === "type") {
    const type = { ...name, modifiers: [], isArray: false };
    return callsAlone(callsOfType(model, type));
  }
  if (kind === "operator") {
    const own = `operator ${name.name}`;
    // An operator of an extension is as good as PostgreSQL's own: no migration can make one outside its schemas.
    return name.schema === null
      ? model.routinesAnywhere(own)
      : (model.routines({ schema: name.schema, name: own }) ?? []);
  }
  // The search path may put a function of the same name before PostgreSQL's own.
  if (isHarmless(parts)) return name.schema === null ? model.routinesAnywhere(name.name) : [];
  return model.routines(name);
}
