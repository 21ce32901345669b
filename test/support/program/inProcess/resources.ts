/**
 * What a stack's state holds, and what a provider does, as the stand-in for the engine sees them.
 * Does NOT do anything.
 */
export type Properties = Readonly<Record<string, unknown>>;

/** A resource as the state remembers it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** False: a component, or the stack. */
  readonly custom: boolean;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** URN and id of its provider; "" of a dynamic one. */
  readonly provider: string;
}

interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly { readonly property: string; readonly reason: string }[];
}

interface Made {
  readonly id: string;
  readonly outputs: Properties;
}

interface Read extends Made {
  readonly inputs: Properties;
}

/** The calls of the provider protocol that this program's resources meet. */
export interface Provider {
  check(urn: string, olds: Properties, news: Properties): Promise<Checked>;
  diff(
    old: StateResource,
    news: Properties,
    ignoreChanges: readonly string[],
  ): Promise<{ readonly changes: boolean; readonly replaces: readonly string[] }>;
  create(urn: string, inputs: Properties, isPreview: boolean): Promise<Made>;
  update(
    old: StateResource,
    news: Properties,
    ignoreChanges: readonly string[],
    isPreview: boolean,
  ): Promise<Made>;
  /** Null: it is gone. */
  read(resource: StateResource, isImport: boolean): Promise<Read | null>;
  remove(old: StateResource): Promise<void>;
}

export type Operation = "create" | "update" | "same" | "delete" | "import" | "refresh";

/** What was done, or would be, to one resource. */
export interface Step {
  readonly operation: Operation;
  readonly type: string;
  readonly name: string;
  readonly before: Properties;
  readonly after: Properties;
}

/** What one command has done. */
export interface Report {
  readonly steps: readonly Step[];
  /** In the order of saying, severity first. */
  readonly said: readonly string[];
  readonly failed: boolean;
}
