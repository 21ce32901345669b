/**
 * The words that reading, comparing and mending privileges share: what a catalog holds, and what a deviation is.
 * Types only. Does NOT read, compare or mend anything.
 */
import type { PgstacAccess } from "../pgstac/hardening/access";
import type { RoleParty } from "../stack/roleKinds";
import type { ObjectKind, Place, PrivilegeRule } from "./vocabulary";

/** One privilege that somebody has on an object, as aclexplode tells it. */
export interface AclEntry {
  /** Role name, or null for PUBLIC. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
  /** Who gave it: the owner, or somebody who was given the right to pass it on. */
  readonly grantor: string;
}

/** An object of the database and who may do what on it. */
export interface CatalogObject {
  readonly kind: ObjectKind;
  readonly place: Place;
  /** Its schema, unquoted; null of what is in none. */
  readonly schema: string | null;
  /** As SQL, quoted: `dagapp.jobs`, `dagapp.f(integer)`. Of a column: its table. */
  readonly identity: string;
  /** Of kind column only: its name, unquoted. */
  readonly column: string | null;
  /** Of a parameter, which has none: the bootstrap superuser. */
  readonly owner: string;
  /** Its owner is that of a table, and changes with it: a sequence of a serial or identity column. */
  readonly follows: boolean;
  /**
   * A function that changes nothing and runs with its caller's rights: not VOLATILE and not SECURITY DEFINER; of an
   * aggregate, all the functions that it is made of.
   */
  readonly readOnly: boolean;
  readonly acl: readonly AclEntry[];
  /** Elsewhere only: the privileges that it was made with, by the server or by its extension. */
  readonly initial: readonly AclEntry[];
}

/** What objects will be born with: default privileges of one creator, in one schema or (null) anywhere. */
export interface DefaultPrivileges {
  readonly creator: string;
  readonly schema: string | null;
  readonly code: string;
  readonly acl: readonly AclEntry[];
  /** What PostgreSQL itself would give; nothing in a schema, where defaults only add. */
  readonly initial: readonly AclEntry[];
}

/** A role's membership in another, as one grantor gave it. */
export interface Membership {
  readonly member: string;
  readonly role: string;
  readonly grantor: string;
  /** The member may let others in. */
  readonly grantable: boolean;
  /** The member has the role's privileges without becoming it. False before PostgreSQL 16, where the member decides. */
  readonly inherits: boolean;
  /** The member may become the role. Always before PostgreSQL 16. */
  readonly sets: boolean;
}

/** A setting stored with a role: `lock_timeout=5000`. */
export interface RoleSetting {
  /** Null: for every role of this database. */
  readonly role: string | null;
  /** Only in this database. */
  readonly here: boolean;
  readonly setting: string;
}

/** A role of the server, with its attributes. */
export interface LiveRole {
  readonly name: string;
  /** The server was made with it. It is a superuser and cannot cease to be one. */
  readonly bootstrap: boolean;
  readonly superuser: boolean;
  readonly inherit: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  readonly bypassRowSecurity: boolean;
  readonly connectionLimit: number;
  /** Null: for ever. */
  readonly validUntil: string | null;
  /** May connect to this database. */
  readonly connects: boolean;
  /** Owns a database of this server. */
  readonly ownsDatabase: boolean;
  /** The session that looks has its rights. */
  readonly usable: boolean;
}

/** An object that belongs to somebody whom it should not belong to, outside of what is governed. */
export interface OwnedObject {
  /** As pg_identify_object says: `operator`, `large object`, `server`. */
  readonly type: string;
  readonly schema: string | null;
  readonly identity: string;
  readonly owner: string;
  /** Of the whole server and not of this database. */
  readonly shared: boolean;
  /** Nobody but a superuser may own it. */
  readonly superuserOnly: boolean;
}

/** Something that runs, or shows rows, with another's rights; or a table whose rows are kept from some. */
export interface Bypass {
  readonly kind:
    | "security definer"
    | "open search path"
    | "missing constraint"
    | "leakproof"
    | "untrusted language"
    | "extension member"
    | "language"
    | "child of the ledger"
    | "parent of the ledger"
    | "foreign table of files"
    | "foreign table of the ledger"
    | "user mapping"
    | "template"
    | "subscription"
    | "trigger"
    | "event trigger"
    | "rule"
    | "view of the ledger"
    | "materialized view of the ledger"
    | "row security";
  readonly place: Place;
  readonly schema: string | null;
  /** Quoted; of trigger and rule: of their table; of a user mapping: of its server. */
  readonly identity: string;
  /** Unquoted: of the trigger, rule or function; of a member: of its extension; of a user mapping: whose it is. */
  readonly name: string;
  /** Owner of the code, the table, the extension or the server. */
  readonly owner: string;
  /**
   * Of row security, rules, triggers and subscriptions: whether it is on. Of a function that runs with its owner's
   * rights: whether it is of no extension, or was changed after its extension was made.
   */
  readonly enabled: boolean;
  /** Of row security: whether it binds the owner too. */
  readonly forced: boolean;
  /**
   * Of a function: its extension, or its language; of a member: its type, as pg_identify_object says; of a rule: `view`
   * where it is on one; of a parent: `partition` where its child is one.
   */
  readonly detail: string | null;
}

/** Everything that is compared. */
export interface Catalog {
  /** Major version of the server: 15. */
  readonly major: number;
  readonly roles: readonly LiveRole[];
  readonly objects: readonly CatalogObject[];
  readonly owned: readonly OwnedObject[];
  readonly defaults: readonly DefaultPrivileges[];
  readonly memberships: readonly Membership[];
  readonly settings: readonly RoleSetting[];
  readonly bypasses: readonly Bypass[];
  /** Policies of the events that are not as they should be, each with what makes it so. */
  readonly policies: readonly Pick<Deviation, "text" | "statements">[];
  /** Every privilege that an owner has on a new object, by acldefault's code. Versions differ. */
  readonly ownerPrivileges: Readonly<Record<string, readonly string[]>>;
}

/** A setting that a role must have. A list's text is as PostgreSQL stores it. */
export interface WantedSetting {
  readonly name: string;
  /** Of a list: its items. */
  readonly value: string | readonly string[];
}

/** Real names and values of one stack, and how to quote an identifier. */
export interface AclContext {
  readonly rules: readonly PrivilegeRule[];
  readonly parties: Readonly<Record<RoleParty, readonly string[]>>;
  /** The governed schemas that a role is confined to. Of a role that is not here: all. */
  readonly schemasOf: ReadonlyMap<string, readonly string[]>;
  readonly admin: string;
  readonly database: string;
  /** Governed. */
  readonly schemas: readonly string[];
  /**
   * Roles that the stack names as of the platform and of other tools, and Azure's administrators: expected, and left
   * alone outside of what is governed. Azure's own roles are known by what they are (platformRoles.ts).
   */
  readonly platform: readonly string[];
  /** Most connections of each role that this program declares; how long the others are valid is not its affair. */
  readonly connectionLimits: ReadonlyMap<string, number>;
  /** Roles of a party whose login is a matter of configuration. */
  readonly logins: ReadonlyMap<string, boolean>;
  /** Stored with a role for all databases. Such a role has no others. */
  readonly settingsOf: ReadonlyMap<string, readonly WantedSetting[]>;
  /**
   * Stored with a role for this database, or (null) with the database, as the stack declares them. Null is absent where
   * it declares none of the database.
   */
  readonly settingsHere: ReadonlyMap<string | null, readonly WantedSetting[]>;
  readonly quote: (identifier: string) => string;
  /** Readers that serve tiles, and make temporary tables for it. */
  readonly tiles: readonly string[];
  /** Functions of the infrastructure role's that may run with its rights, by signature. */
  readonly definers: readonly string[];
  /** What the stack's version of PgSTAC lets whom do; null where this program does not keep PgSTAC. */
  readonly pgstac: PgstacAccess | null;
}

/** One thing that is not as the rules say, and the statements that mend it. */
export interface Deviation {
  /** One line for people: object, role, what is missing or unexpected. */
  readonly text: string;
  readonly statements: readonly string[];
  /** Where the statements may be one each with those of other objects (see jointStatements). */
  readonly joint?: JointStatements;
  /** The role whose rights the statements need, where that is not the admin's own. */
  readonly power?: string;
  /** To be mended before anything else, because privileges are the owner's to give. */
  readonly first?: true;
  /** A table or view, quoted, that the statements lock against everybody who works with it. */
  readonly locks?: string;
  /** Of a privilege on the database itself: the role whom it lets in or keeps out; "" for PUBLIC. */
  readonly admits?: string;
  /** Why healing leaves it to a person. */
  readonly manual?: string;
  /** Whom mending it takes something from, where that is a role: its name, "" for PUBLIC. */
  readonly loses?: Loss;
}

/** Statements that GRANT or REVOKE on one object, each in two parts around its name: a list of names may stand there. */
export interface JointStatements {
  /** Quoted, without the word for its kind. */
  readonly object: string;
  readonly parts: readonly (readonly [before: string, after: string])[];
}

/** What a role does not have any more once a deviation is mended. */
export interface Loss {
  /** "" for PUBLIC. */
  readonly role: string;
  /** `SELECT, INSERT`, `ownership`, `membership`. */
  readonly what: string;
  /** `table dagapp.jobs` */
  readonly on: string;
}

/** A look at a database: what was asked for, what is there, and where the two differ. */
export interface Inspection {
  readonly context: AclContext;
  readonly catalog: Catalog;
  readonly deviations: readonly Deviation[];
}
