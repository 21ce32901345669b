/**
 * What an attempt to get past the permission model is, and how it may end. Types and the words to write one down.
 * Pure. Does NOT hold an attempt (see the lists beside it) or run one (test/support/attacks/attackRun.ts).
 */

/**
 * Who attacks. `infrastructure` is a migrator that has become the infrastructure role, in a session of its own;
 * `migration` is a migration file that hides its SQL in a DO block, run by the program.
 */
export type Attacker = "service" | "migrator" | "infrastructure" | "migration";

/** How an attempt ends. */
export type Outcome =
  /** The last statement fails with this SQLSTATE, and nothing has changed. */
  | { readonly kind: "refused"; readonly code: string }
  /** It ends with this SQLSTATE of a warning, and nothing has changed. */
  | { readonly kind: "no effect"; readonly code: string }
  /** It works, and when its session has ended nothing is different. */
  | { readonly kind: "harmless" }
  /**
   * It works and leaves drift of these texts, which the next `up` takes back. Then nothing is different, but for a thing
   * that has lost what made it dangerous.
   */
  | { readonly kind: "healed"; readonly found: readonly string[]; readonly rest: Rest | null }
  /** It works and leaves drift of these texts, which the next `up` names and leaves to a person. */
  | { readonly kind: "found"; readonly found: readonly string[]; readonly rest: Rest }
  /** PostgreSQL has no way to refuse it, and no rule calls it drift. */
  | { readonly kind: "stays"; readonly rest: Rest }
  /** PostgreSQL has no way to refuse it: while its session lives, `sql` fails for somebody else with this SQLSTATE. */
  | {
      readonly kind: "hinders";
      readonly whom: "infrastructure" | "admin" | "service";
      readonly sql: string;
      readonly code: string;
    };

/** What is left: `leaves` matches what differs, line by line, until a superuser has run `undo`. */
export interface Rest {
  readonly leaves: RegExp;
  readonly undo: readonly string[];
}

/** One attempt. In its texts `{service}` and the like stand for the real names, quoted. */
export interface Attack {
  /** What it is after, as a sentence goes on: "the service role makes a table in public". */
  readonly title: string;
  /** Run one after the other in one session; all but the last must work. */
  readonly sql: readonly string[];
  readonly outcome: Outcome;
  /** Why it ends so. */
  readonly because: string;
  /** What a superuser arranges before, and takes away after. */
  readonly given?: { readonly sql: readonly string[]; readonly undo: readonly string[] };
  /** First and last major that it is tried on. */
  readonly since?: number;
  readonly until?: number;
}

/** Attempts of one kind by one attacker. */
export interface Theme {
  readonly title: string;
  readonly as: Attacker;
  readonly attacks: readonly Attack[];
}

const list = (sql: string | readonly string[]): readonly string[] =>
  typeof sql === "string" ? [sql] : sql;

type More = Pick<Attack, "given" | "since" | "until">;

/** An attempt that a missing privilege refuses (42501), or another SQLSTATE. */
export const refused = (
  title: string,
  sql: string | readonly string[],
  because: string,
  { code = "42501", ...more }: More & { readonly code?: string } = {},
): Attack => ({ title, sql: list(sql), because, outcome: { kind: "refused", code }, ...more });

/** An attempt that is answered with a warning and does nothing. */
export const noEffect = (
  title: string,
  sql: string | readonly string[],
  because: string,
  code: string,
  more: More = {},
): Attack => ({ title, sql: list(sql), because, outcome: { kind: "no effect", code }, ...more });

/** An attempt that works and changes nothing for anybody else. */
export const harmless = (
  title: string,
  sql: string | readonly string[],
  because: string,
  more: More = {},
): Attack => ({ title, sql: list(sql), because, outcome: { kind: "harmless" }, ...more });

/** An attempt that works, is found as drift of these texts, and taken back. */
export const healed = (
  title: string,
  sql: string | readonly string[],
  because: string,
  found: readonly string[],
  { rest = null, ...more }: More & { readonly rest?: Rest | null } = {},
): Attack => ({
  title,
  sql: list(sql),
  because,
  outcome: { kind: "healed", found, rest },
  ...more,
});

/** An attempt that works, is found as drift of these texts, and left to a person. */
export const found = (
  title: string,
  sql: string | readonly string[],
  because: string,
  texts: readonly string[],
  rest: Rest,
): Attack => ({ title, sql: list(sql), because, outcome: { kind: "found", found: texts, rest } });

/** An attempt that works and stays. */
export const stays = (
  title: string,
  sql: string | readonly string[],
  because: string,
  leaves: RegExp,
  undo: readonly string[],
  more: More = {},
): Attack => ({
  title,
  sql: list(sql),
  because,
  outcome: { kind: "stays", rest: { leaves, undo } },
  ...more,
});

/** An attempt that is in somebody's way for as long as its session lives. */
export const hinders = (
  title: string,
  sql: string | readonly string[],
  because: string,
  {
    whom,
    probe,
    code,
  }: {
    readonly whom: "infrastructure" | "admin" | "service";
    readonly probe: string;
    readonly code: string;
  },
  more: More = {},
): Attack => ({
  title,
  sql: list(sql),
  because,
  outcome: { kind: "hinders", whom, sql: probe, code },
  ...more,
});
