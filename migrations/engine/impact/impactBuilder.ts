/**
 * Gathers what one statement does while its operations are looked at one after another.
 * Does NOT know any operation (see tableImpacts, objectImpacts, queryImpacts).
 */
import { calledCode, domainChain } from "../schema/calledCode";
import type { SchemaBuilder } from "../schema/schemaBuilder";
import type { RelationModel } from "../schema/schemaModel";
import { type LockMode, strongerOf } from "../sql/lockModes";
import {
  dottedName,
  nameKey,
  type ObjectName,
  type ObjectRef,
  type RelationKind,
} from "../sql/objectName";
import type { Statement } from "../statements/statements";
import type { ArmedCode, ObjectLock, RowImpact, StatementImpact } from "./impact";
import { riskOf } from "./risk";

/** A relation by its name, and what the files know of it. */
export interface Target {
  readonly ref: ObjectRef;
  readonly model: RelationModel | null;
}

const refKey = (ref: ObjectRef): string => `${ref.kind} ${nameKey(ref)}`;

/** `m.f()`, `operator m.===`, `type m.d`. */
const wordCall = (name: string): string => (name.includes(" ") ? name : `${name}()`);

export class ImpactBuilder {
  private readonly created = new Map<string, ObjectRef>();
  private readonly dropped = new Map<string, ObjectRef>();
  private readonly locked = new Map<string, ObjectLock>();
  private readonly rewritten = new Map<string, ObjectRef>();
  private readonly scanned = new Map<string, ObjectRef>();
  private readonly assumed = new Set<string>();
  private readonly unknowns = new Set<string>();
  private readonly called = new Set<string>();
  private readonly calls: { readonly name: string; readonly by: string }[] = [];
  private readonly written = new Map<string, RowImpact>();
  private readonly resets = new Map<string, ObjectRef>();
  private readonly entered = new Set<string>();
  /** What leads to what is looked at now; null while it is the statement itself. */
  private by: string | null = null;
  private loses: StatementImpact["reversible"] = "yes";
  private isWide = false;
  /** Rows that were there before this file are read or written anew. */
  private takesLong = false;
  /** Something that is locked, written or dropped was there before this file. */
  private touchesOld = false;

  /**
   * @param model       The schema before the operation that is looked at; it moves on with the operations.
   * @param fileNumber  What this migration made is new.
   */
  constructor(
    readonly model: SchemaBuilder,
    private readonly fileNumber: number,
  ) {}

  /** Finds a relation; `kind` is what the SQL calls it, where the files did not make it. */
  find(name: ObjectName, kind: RelationKind = "table"): Target {
    const model = this.model.relation(name);
    const { schema, name: own } = this.model.qualify(name);
    return { model, ref: model?.ref ?? { kind, schema, name: own } };
  }

  static of(model: RelationModel): Target {
    return { model, ref: model.ref };
  }

  /** The target and all below it; the target alone where nothing is known. */
  family(target: Target, only = false): readonly Target[] {
    if (only || target.model === null) return [target];
    return this.model.family(target.model).map((model) => ImpactBuilder.of(model));
  }

  all(ids: readonly string[]): readonly Target[] {
    return this.model.all(ids).map((model) => ImpactBuilder.of(model));
  }

  private where(isWanted: (relation: RelationModel) => boolean): readonly Target[] {
    return this.model
      .relations()
      .filter(isWanted)
      .map((model) => ImpactBuilder.of(model));
  }

  /** Tables with a column of a type, or of a domain over it. */
  tablesWith({ schema, name }: ObjectName): readonly Target[] {
    const isIt = (type: ObjectName): boolean =>
      type.name === name && (type.schema === schema || type.schema === null);
    return this.where(({ columns }) =>
      [...columns.values()].some(
        ({ type }) =>
          isIt(type) ||
          domainChain(this.model, type).some(({ base }) => base !== null && isIt(base)),
      ),
    );
  }

  /** Relations with a rule or policy that mentions a relation. */
  armedOver(relation: ObjectName): readonly Target[] {
    const isIt = (name: ObjectName): boolean => nameKey(name) === nameKey(relation);
    return this.where(({ armed }) =>
      armed.some(
        ({ query }) => query.reads.some(isIt) || query.writes.some(({ table }) => isIt(table)),
      ),
    );
  }

  /** Typed tables of a composite type, which change with it. */
  typedTables(type: ObjectName): readonly Target[] {
    return this.where(({ ofType }) => ofType !== null && nameKey(ofType) === nameKey(type));
  }

  /** A composite type is a relation as well, and is locked as one. */
  lockComposite(type: ObjectName): void {
    if (this.model.type(type)?.form !== "composite") return;
    this.lock(this.find(type, "type"), "ACCESS EXCLUSIVE");
  }

  /** Tables with a trigger that runs a function, by its dotted name. */
  tablesTriggering(name: string): readonly Target[] {
    return this.where(({ triggers }) => triggers.some((trigger) => trigger.function === name));
  }

  private isNew({ ref, model }: Target): boolean {
    if (this.created.has(refKey(ref))) return true;
    return model?.made.number === this.fileNumber && model.surelyMade;
  }

  lockAll(targets: readonly Target[], mode: LockMode): void {
    for (const target of targets) this.lock(target, mode);
  }

  scanAll(targets: readonly Target[]): void {
    for (const target of targets) this.scan(target);
  }

  lock(target: Target, mode: LockMode): void {
    const key = refKey(target.ref);
    // What the statement itself makes is seen by nobody.
    if (this.created.has(key)) return;
    const before = this.locked.get(key)?.mode;
    const strongest = before === undefined ? mode : strongerOf(before, mode);
    const isNew = this.isNew(target);
    this.locked.set(key, { object: target.ref, mode: strongest, isNew });
    if (!isNew) this.touchesOld = true;
  }

  rewrite(target: Target): void {
    this.work(target, this.rewritten);
    // Its indexes are built again.
    for (const { ref, model } of this.all(target.model?.indexes ?? [])) {
      this.fire(model?.index?.calls ?? [], `index ${dottedName(ref)}`);
    }
  }

  scan(target: Target): void {
    this.work(target, this.scanned);
  }

  private work(target: Target, list: Map<string, ObjectRef>): void {
    const key = refKey(target.ref);
    if (this.created.has(key)) return;
    list.set(key, target.ref);
    if (!this.isNew(target)) this.takesLong = true;
  }

  create(ref: ObjectRef): void {
    this.created.set(refKey(ref), ref);
  }

  drop(ref: ObjectRef, isNew: boolean): void {
    this.dropped.set(refKey(ref), ref);
    if (!isNew) this.touchesOld = true;
  }

  dropRelation(target: Target): void {
    this.drop(target.ref, this.isNew(target));
  }

  /** An object without rows: function, type, policy. */
  dropOther(ref: ObjectRef): void {
    const place = this.model.other(ref)?.made ?? this.model.type(ref)?.made ?? null;
    this.drop(ref, place?.number === this.fileNumber);
  }

  /** Rows or values of an object are gone afterwards. `wide`: all of them. */
  loseData(target: Target, wide: boolean): void {
    if (this.isNew(target)) return;
    if (this.loses === "yes") this.loses = "data";
    if (wide) this.isWide = true;
  }

  cannotUndo(): void {
    this.loses = "no";
  }

  assume(text: string): void {
    this.assumed.add(text);
  }

  /** Says that the files do not know a relation whose dependents would be touched as well. */
  assumeAlone({ ref, model }: Target, what = "partitions and foreign keys"): void {
    if (model === null)
      this.assume(`no file makes ${dottedName(ref)}, so its ${what} are not known`);
  }

  /** What `work` adds is brought about by something that the statement does not name. */
  via(by: string, work: () => void): void {
    const before = this.by;
    this.by = before ?? by;
    work();
    this.by = before;
  }

  /** True the first time that something is entered: views and keys may lead in circles. */
  enters(what: string): boolean {
    if (this.entered.has(what)) return false;
    this.entered.add(what);
    return true;
  }

  /** Rows of a relation are changed. */
  write(target: Target, verb: RowImpact["verb"], all: boolean): void {
    const key = `${verb} ${refKey(target.ref)}`;
    const before = this.written.get(key);
    this.written.set(key, {
      object: target.ref,
      verb,
      all: all || before?.all === true,
      isNew: this.isNew(target),
      by: before === undefined ? this.by : before.by === null ? null : this.by,
    });
  }

  /** A sequence will give other values. */
  reset({ ref }: Target): void {
    this.resets.set(refKey(ref), ref);
  }

  /** Notes that something runs, by the name that a query has for it (see calledCode). */
  call(name: string, by?: string): void {
    if (!this.called.has(name)) this.calls.push({ name, by: this.by ?? by ?? wordCall(name) });
    this.called.add(name);
  }

  /** The same for code that others have put in place: what no file makes is only noted. */
  fire(names: readonly string[], by: string): void {
    for (const name of names) {
      if (calledCode(this.model, name) !== null) this.call(name, by);
      else this.assume(`what ${wordCall(name)} does, which the ${by} calls, is not looked at`);
    }
  }

  /** The next thing that runs and was not looked at, or undefined. */
  nextCall(): { readonly name: string; readonly by: string } | undefined {
    return this.calls.pop();
  }

  noteUnknown(reason: string): void {
    this.unknowns.add(reason);
  }

  /** Rows that were there before the file and are changed. */
  get oldWrites(): readonly RowImpact[] {
    return [...this.written.values()].filter(({ isNew }) => !isNew);
  }

  /** Why what was gathered is not all, or null. */
  get unknown(): string | null {
    return [...this.unknowns].join("; ") || null;
  }

  finish(statement: Statement, arms: readonly ArmedCode[] = []): StatementImpact {
    const { unknown } = this;
    const locks = [...this.locked.values()];
    const impact = {
      statement,
      creates: [...this.created.values()],
      drops: [...this.dropped.values()],
      locks,
      writes: [...this.written.values()],
      resets: [...this.resets.values()],
      arms,
      rewrites: [...this.rewritten.values()],
      scans: [...this.scanned].filter(([key]) => !this.rewritten.has(key)).map(([, ref]) => ref),
      reversible: this.loses,
      unknown,
      assumes: [...this.assumed],
      mistakes: [],
      onlyNewObjects: !this.touchesOld && unknown === null,
    };
    return {
      ...impact,
      risk: riskOf(impact, { losesAll: this.isWide, takesLong: this.takesLong }),
    };
  }
}
