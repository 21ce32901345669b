/**
 * Every kind of role, one row each: whence its roles have their names, who makes them, what they are themselves. What they
 * may do stands in privileges.ts. Pure data.
 * Does NOT know a role's real name, but those that are the same everywhere.
 */

interface RoleKindRow {
  /**
   * Whence its roles have their names: a setting of its own (`serviceRole`), the list `furtherRoles` of a stack's settings,
   * or always the same one.
   */
  readonly named: "by a setting" | "in furtherRoles" | { readonly always: string };
  /**
   * Of kinds in furtherRoles: this program declares its roles as resources, with the governed schemas in their search
   * path or without. Else an administrator has made them.
   */
  readonly declared?: "reads schemas" | "reads none";
  /** Above what is judged: it may be a member of the admin and of the infrastructure role, and own what it likes. */
  readonly trusted?: true;
  /** May log in. Null: a matter of configuration. */
  readonly login: boolean | null;
  /** Whether it has at once what it is a member of. */
  readonly inherit: boolean;
  /** Kinds, and roles of PostgreSQL, that it must be a member of, without letting others in. */
  readonly memberOf: readonly string[];
  readonly because: string;
}

/** No role of these but a trusted one ever has CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS or SUPERUSER. */
export const roleKinds = {
  service: {
    named: "by a setting",
    login: true,
    inherit: false,
    memberOf: [],
    because: "Policy: rows only; whatever a membership brought would be more.",
  },
  infrastructure: {
    named: "by a setting",
    login: false,
    inherit: false,
    memberOf: [],
    because: "Policy: it owns the schemas and nobody logs in as it.",
  },
  migrator: {
    named: "by a setting",
    login: true,
    inherit: false,
    memberOf: ["infrastructure"],
    because: "It becomes the infrastructure role and has nothing itself.",
  },
  approver: {
    named: "by a setting",
    login: true,
    inherit: false,
    memberOf: [],
    because: "It records decisions and has nothing else.",
  },
  reader: {
    named: "in furtherRoles",
    declared: "reads schemas",
    login: null,
    inherit: false,
    memberOf: [],
    because: "It reads rows; whatever a membership brought would be more.",
  },
  auditor: {
    named: "in furtherRoles",
    declared: "reads none",
    login: null,
    inherit: false,
    memberOf: [],
    because: "It reads what was done and what is there, and no rows of the application.",
  },
  monitoring: {
    named: "in furtherRoles",
    login: null,
    inherit: true,
    memberOf: ["pg_monitor"],
    because:
      "It reads statistics of the server and no rows. Only an administrator can make a role a member of pg_monitor.",
  },
  dba: {
    named: "in furtherRoles",
    trusted: true,
    login: null,
    inherit: true,
    memberOf: [],
    because: "A named person's login, made and given its rights by the platform.",
  },
  "pgstac admin": {
    named: { always: "pgstac_admin" },
    login: false,
    inherit: true,
    memberOf: [],
    because: "As PgSTAC creates it.",
  },
  "pgstac ingest": {
    named: { always: "pgstac_ingest" },
    login: false,
    inherit: true,
    memberOf: ["pgstac read"],
    because: "As PgSTAC creates it.",
  },
  "pgstac read": {
    named: { always: "pgstac_read" },
    login: false,
    inherit: true,
    memberOf: [],
    because: "As PgSTAC creates it.",
  },
} as const satisfies Readonly<Record<string, RoleKindRow>>;

export type RoleParty = keyof typeof roleKinds;

type KindsNamed<By extends string> = {
  [Kind in RoleParty]: (typeof roleKinds)[Kind]["named"] extends By ? Kind : never;
}[RoleParty];

/** Kinds whose roles have a setting of their own: the compiler asks for it in roles/database/catalog.ts. */
export type SettingKind = KindsNamed<"by a setting">;
/** Kinds that a stack may list in `furtherRoles`. */
export type ListedKind = KindsNamed<"in furtherRoles">;

/** Those of them whose roles this program makes: each has a password of its own (stack/credentials.ts). */
export type DeclaredKind = {
  [Kind in RoleParty]: (typeof roleKinds)[Kind] extends { readonly declared: string }
    ? Kind
    : never;
}[RoleParty];

/** The rows with their kinds, in order. */
export const roleKindRows = Object.entries(roleKinds) as readonly (readonly [
  RoleParty,
  RoleKindRow,
])[];

const kindsWhere = (holds: (row: RoleKindRow) => boolean): readonly RoleParty[] =>
  roleKindRows.filter(([, row]) => holds(row)).map(([kind]) => kind);

export const listedKinds = kindsWhere(
  ({ named }) => named === "in furtherRoles",
) as readonly ListedKind[];
/** Of the listed ones those whose roles this program makes. */
export const declaredKinds = kindsWhere(
  ({ declared }) => declared !== undefined,
) as readonly DeclaredKind[];
/** Whether roles of a kind have the governed schemas, or some of them, in their search path. */
export const readsSchemas = (kind: RoleParty): boolean =>
  kindsWhere(({ declared }) => declared === "reads schemas").includes(kind);
/** Kinds whose roles are above what is judged. */
export const trustedKinds = kindsWhere(({ trusted }) => trusted === true);
/** Kinds whose roles are only expected, and judged: where one does not exist, nothing can be given to it. */
export const expectedKinds: readonly RoleParty[] = listedKinds.filter(
  (kind) => !declaredKinds.some((one) => one === kind) && !trustedKinds.includes(kind),
);
