/**
 * Gathers what one statement does while its actions are looked at one after another.
 * Does NOT know any action (see tableEffects, objectEffects, queryEffects).
 */
import type { SchemaDraft } from "../schema/schemaDraft";
import { keyOf, type RelationModel } from "../schema/schemaModel";
import type { LockMode } from "../sql/lockModes";
import { strongerOf } from "../sql/lockModes";
import type { ObjectName } from "../sql/objectName";
import type { ObjectRef } from "../sql/objectName";
import type { RelationKind } from "../statements/action";
import type { Statement } from "../statements/statements";
import type { ObjectLock, StatementEffect } from "./effect";
import { riskOf } from "./risk";

/** A relation by its name, and what the files know of it. */
export interface Target {
  readonly ref: ObjectRef;
  readonly model: RelationModel | null;
}

const refKey = (ref: ObjectRef): string => `${ref.kind} ${keyOf(ref)}`;

const fullName = ({ schema, name }: ObjectName): string =>
  schema === null ? name : `${schema}.${name}`;

export class EffectDraft {
  private readonly created = new Map<string, ObjectRef>();
  private readonly dropped = new Map<string, ObjectRef>();
  private readonly locked = new Map<string, ObjectLock>();
  private readonly rewritten = new Map<string, ObjectRef>();
  private readonly scanned = new Map<string, ObjectRef>();
  private readonly assumed = new Set<string>();
  private readonly unknowns = new Set<string>();
  private readonly called = new Set<string>();
  private readonly calls: string[] = [];
  private loses: StatementEffect["reversible"] = "yes";
  private isWide = false;
  /** Rows that were there before this file are read or written anew. */
  private takesLong = false;
  /** Something that is locked, written or dropped was there before this file. */
  private touchesOld = false;

  /**
   * @param model       The schema before the action that is looked at; it moves on with the actions.
   * @param fileNumber  What this migration made is new.
   */
  constructor(
    readonly model: SchemaDraft,
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
    return this.model.family(target.model).map((model) => EffectDraft.of(model));
  }

  all(ids: readonly string[]): readonly Target[] {
    return this.model.all(ids).map((model) => EffectDraft.of(model));
  }

  private where(isWanted: (relation: RelationModel) => boolean): readonly Target[] {
    return this.model
      .relations()
      .filter(isWanted)
      .map((model) => EffectDraft.of(model));
  }

  /** Tables with a column of a type. */
  tablesWith({ schema, name }: ObjectName): readonly Target[] {
    return this.where(({ columns }) =>
      [...columns.values()].some(
        ({ type }) => type.name === name && (type.schema === schema || type.schema === null),
      ),
    );
  }

  /** Typed tables of a composite type, which change with it. */
  typedTables(type: ObjectName): readonly Target[] {
    return this.where(({ ofType }) => ofType !== null && keyOf(ofType) === keyOf(type));
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
    if (model === null) this.assume(`no file makes ${fullName(ref)}, so its ${what} are not known`);
  }

  /** Notes that a function or procedure runs, by its dotted name. */
  call(name: string): void {
    if (!this.called.has(name)) this.calls.push(name);
    this.called.add(name);
  }

  /** The next function that runs and was not looked at, or undefined. */
  nextCall(): string | undefined {
    return this.calls.pop();
  }

  noteUnknown(reason: string): void {
    this.unknowns.add(reason);
  }

  finish(statement: Statement): StatementEffect {
    const unknown = [...this.unknowns].join("; ") || null;
    const locks = [...this.locked.values()];
    const effect = {
      statement,
      creates: [...this.created.values()],
      drops: [...this.dropped.values()],
      locks,
      rewrites: [...this.rewritten.values()],
      scans: [...this.scanned].filter(([key]) => !this.rewritten.has(key)).map(([, ref]) => ref),
      reversible: this.loses,
      unknown,
      assumes: [...this.assumed],
      mistakes: [],
      onlyNewObjects: !this.touchesOld && unknown === null,
    };
    return {
      ...effect,
      risk: riskOf(effect, { losesAll: this.isWide, takesLong: this.takesLong }),
    };
  }
}
