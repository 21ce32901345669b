/**
 * The words for what a statement asks for: typed data, small enough to keep for every statement of every file.
 * Does NOT read parse trees (see readOperations) and says nothing of locks (see impact).
 */
import type { LockMode } from "../sql/lockModes";
import type { ObjectName, ObjectRef, RelationKind } from "../sql/objectName";
import type {
  Column,
  Constraint,
  DefaultKind,
  StorageOption,
  TableCommand,
  TypeRef,
} from "./tableOperation";

/** What a query does to relations. Common table expressions are no relations. */
export interface QueryUse {
  readonly reads: readonly ObjectName[];
  /** SELECT … FOR UPDATE and its weaker forms. */
  readonly locksRows: readonly ObjectName[];
  readonly writes: readonly RowWrite[];
  /** Called functions that are not known to be PostgreSQL's own and harmless; dotted. */
  readonly unknownFunctions: readonly string[];
  /**
   * Names that are PostgreSQL's own unless a file makes one of that name: known functions, `operator m.===`, `type m.d`
   * (a cast to it runs its checks).
   */
  readonly shadowable: readonly string[];
  /** Sequences that setval sets; the name "" where it is worked out. */
  readonly resets: readonly ObjectName[];
}

/** What can happen to rows, and so what a rule or a trigger is armed for. */
export type RowEvent = "select" | "insert" | "update" | "delete" | "truncate";

export interface RowWrite {
  readonly verb: "insert" | "update" | "delete" | "merge";
  readonly table: ObjectName;
  /** False: UPDATE or DELETE without WHERE. */
  readonly filtered: boolean;
  /** INSERT … ON CONFLICT DO UPDATE; MERGE that updates or deletes. */
  readonly updatesOnConflict: boolean;
  /** The statement itself lists the rows, as VALUES. */
  readonly listed: boolean;
  /** Columns that UPDATE sets; empty otherwise. */
  readonly columns: readonly string[];
}

export interface CreateTable {
  readonly kind: "create table";
  readonly table: ObjectName;
  readonly ifNotExists: boolean;
  readonly temporary: boolean;
  readonly foreign: boolean;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly like: readonly ObjectName[];
  readonly inherits: readonly ObjectName[];
  /** Of CREATE TABLE … OF. */
  readonly ofType: ObjectName | null;
  readonly partitionOf: ObjectName | null;
  readonly isDefaultPartition: boolean;
  /** Columns of PARTITION BY; null when it is not partitioned, "" stands for an expression. */
  readonly partitionKey: readonly string[] | null;
  /** What the expressions of PARTITION BY call for each row, as of a query. */
  readonly keyCalls: readonly string[];
  /** What FOR VALUES calls, once, as of a query. */
  readonly boundCalls: readonly string[];
  /** WITH. */
  readonly options: readonly StorageOption[];
  /** CREATE TABLE AS, SELECT INTO. */
  readonly query: QueryUse | null;
}

/** One thing that a statement does. */
export type Operation =
  | CreateTable
  | {
      readonly kind: "alter table";
      readonly relation: RelationKind;
      readonly table: ObjectName;
      /** ONLY: not what inherits from it. */
      readonly only: boolean;
      readonly ifExists: boolean;
      readonly command: TableCommand;
    }
  | {
      readonly kind: "create view";
      readonly view: ObjectName;
      readonly materialized: boolean;
      readonly replace: boolean;
      readonly ifNotExists: boolean;
      readonly query: QueryUse;
      /** The one relation that a write through the view would reach; null when it has none. */
      readonly base: ObjectName | null;
    }
  | {
      readonly kind: "refresh";
      readonly view: ObjectName;
      readonly concurrently: boolean;
      /** False: WITH NO DATA. */
      readonly withData: boolean;
    }
  | {
      readonly kind: "create index";
      readonly table: ObjectName;
      readonly name: string | null;
      readonly concurrently: boolean;
      readonly unique: boolean;
      readonly only: boolean;
      readonly ifNotExists: boolean;
      /** "" stands for an expression. */
      readonly columns: readonly string[];
      /** What PostgreSQL makes up a name from: keys and INCLUDE, "expr" for an expression. */
      readonly keys: readonly string[];
      /** It has an expression or a WHERE. */
      readonly computed: boolean;
      /** What its expressions call, as of a query. */
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "reindex";
      readonly what: "index" | "table" | "schema" | "database" | "system";
      readonly target: ObjectName | null;
      readonly concurrently: boolean;
    }
  | {
      readonly kind: "drop";
      readonly objects: readonly ObjectRef[];
      /** The table of a trigger, rule or policy. */
      readonly table: ObjectName | null;
      readonly cascade: boolean;
      readonly ifExists: boolean;
      readonly concurrently: boolean;
    }
  | {
      readonly kind: "rename";
      readonly object: ObjectRef;
      /** What of the object is renamed, when it is not itself. */
      readonly part: {
        readonly kind: "column" | "constraint" | "trigger" | "rule" | "policy" | "attribute";
        readonly name: string;
      } | null;
      readonly to: string;
    }
  | { readonly kind: "set schema"; readonly object: ObjectRef; readonly schema: string }
  | { readonly kind: "set owner"; readonly object: ObjectRef }
  | {
      readonly kind: "comment";
      readonly object: ObjectRef;
      readonly part: { readonly kind: string; readonly name: string } | null;
      readonly text: string | null;
    }
  | {
      readonly kind: "create type";
      readonly type: ObjectName;
      readonly form: "enum" | "composite" | "domain" | "range" | "base";
      /** Labels of an enum. */
      readonly values: readonly string[];
      /** A domain with NOT NULL or CHECK. */
      readonly constrained: boolean;
      readonly base: TypeRef | null;
      /** Of a domain. */
      readonly default: DefaultKind;
      /** What its default and checks call, as of a query. */
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "add enum value";
      readonly type: ObjectName;
      readonly value: string;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "rename enum value";
      readonly type: ObjectName;
      readonly value: string;
      readonly to: string;
    }
  | {
      readonly kind: "alter domain";
      readonly domain: ObjectName;
      readonly command:
        | "set default"
        | "drop default"
        | "set not null"
        | "drop not null"
        | "add constraint"
        | "drop constraint"
        | "validate constraint";
      /** The one that is added, dropped or validated, as PostgreSQL names it where the SQL does not; else null. */
      readonly constraint: string | null;
      /** False: NOT VALID. */
      readonly valid: boolean;
      /** What SET DEFAULT makes of the default. */
      readonly default: DefaultKind;
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "create on table";
      readonly what: "trigger" | "rule" | "policy";
      readonly name: string;
      readonly table: ObjectName;
      readonly replace: boolean;
      /** FROM of a constraint trigger. */
      readonly from: ObjectName | null;
      /** Dotted; of a trigger. */
      readonly function: string | null;
      /** What sets it off. */
      readonly events: readonly RowEvent[];
      /** It runs in the place of what sets it off. */
      readonly instead: boolean;
      /** A trigger of each row that runs before it is written. */
      readonly before: boolean;
      /** A trigger that does not run for everything that sets it off: WHEN, UPDATE OF. */
      readonly filtered: boolean;
      /** What a rule, a policy, or WHEN of a trigger does. */
      readonly query: QueryUse;
    }
  | {
      readonly kind: "alter policy";
      readonly name: string;
      readonly table: ObjectName;
      readonly query: QueryUse;
    }
  | {
      readonly kind: "create function";
      readonly function: ObjectRef;
      readonly replace: boolean;
      readonly language: string;
      /** SECURITY DEFINER. */
      readonly definer: boolean;
      /** What its SQL body is checked against; nothing of other languages. */
      readonly query: QueryUse;
      /** What it does when it is called. */
      readonly body: BlockOperations;
    }
  | {
      readonly kind: "create sequence";
      readonly sequence: ObjectName;
      readonly ownedBy: ColumnName | null;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: "alter sequence";
      readonly sequence: ObjectName;
      readonly ownedBy: ColumnName | null;
      /** RESTART: the next value is another. */
      readonly restarts: boolean;
      /** AS smallint or integer: it ends sooner. */
      readonly narrows: boolean;
    }
  | {
      readonly kind: "create statistics";
      readonly statistics: ObjectName;
      readonly table: ObjectName | null;
      /** What its expressions call whenever the table is analyzed, as of a query. */
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "create";
      readonly object: ObjectRef;
      readonly ifNotExists: boolean;
      /** Functions that run when it is used: an operator's, an aggregate's, a cast's; dotted. */
      readonly calls: readonly string[];
    }
  | {
      readonly kind: "truncate";
      readonly tables: readonly TableUse[];
      readonly cascade: boolean;
      readonly restartsSequences: boolean;
    }
  | { readonly kind: "query"; readonly query: QueryUse }
  | {
      readonly kind: "copy";
      readonly table: ObjectName;
      readonly from: boolean;
    }
  | {
      readonly kind: "vacuum" | "analyze";
      /** Empty: every table of the database. */
      readonly tables: readonly ObjectName[];
      readonly full: boolean;
    }
  | { readonly kind: "cluster"; readonly table: ObjectName | null }
  | { readonly kind: "lock"; readonly tables: readonly TableUse[]; readonly mode: LockMode }
  | { readonly kind: "call"; readonly procedure: string }
  | (BlockOperations & { readonly kind: "do"; readonly language: string })
  | {
      readonly kind: "search path";
      readonly schemas: readonly string[] | null;
      readonly local: boolean;
    }
  /** CREATE and ALTER PUBLICATION, with the tables they name. */
  | {
      readonly kind: "publication";
      readonly name: string;
      readonly creates: boolean;
      readonly tables: readonly ObjectName[];
    }
  /** GRANT, REVOKE, ALTER DEFAULT PRIVILEGES, and statements about roles. */
  | { readonly kind: "privileges"; readonly tables: readonly ObjectName[] }
  /** SET, SHOW, LISTEN and the like: no object is touched. */
  | { readonly kind: "session" }
  /** EXECUTE of something prepared, a tag this program has no row for. */
  | { readonly kind: "unknown"; readonly reason: string };

/** A statement inside a block, for what judges statements by their kind alone. */
export interface InnerStatement {
  /** As of a statement of the file: "GRANT", "SET ROLE". */
  readonly kind: string;
  readonly target: string | null;
  readonly changesRole: boolean;
  /** Parameters that it sets. */
  readonly settings: readonly string[];
}

/** What a DO block or a function does, whatever the conditions around its statements. */
export interface BlockOperations {
  readonly operations: readonly Operation[];
  /** Every SQL statement of the block, constant EXECUTE included. */
  readonly statements: readonly InnerStatement[];
  /** RETURN NULL: a trigger before a row's change leaves it out. */
  readonly givesNull: boolean;
  /** What a trigger's function makes of the row that is about to be written (see assignedRow); absent: nothing. */
  readonly row?: { readonly columns: readonly string[]; readonly givesOld: boolean };
  /** Why the operations are not all, or null. */
  readonly unknown: string | null;
}

/** A column by its table's name. */
export interface ColumnName extends ObjectName {
  readonly column: string;
}

/** A table of TRUNCATE or LOCK. */
interface TableUse {
  readonly name: ObjectName;
  readonly only: boolean;
}

/** An operation of one kind. */
export type OperationOf<
  K extends Operation["kind"],
  A extends Operation = Operation,
> = A extends Operation ? (K extends A["kind"] ? A : never) : never;

/** The operations with those inside DO in the place of DO. */
export function flatOperations(operations: readonly Operation[]): readonly Operation[] {
  return operations.flatMap((operation) =>
    operation.kind === "do" ? [operation, ...flatOperations(operation.operations)] : [operation],
  );
}
