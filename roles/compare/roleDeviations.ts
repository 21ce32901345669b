/**
 * Compares what roles themselves are, their attributes, with what they should be. Pure.
 * Does NOT look at settings (settingDeviations.ts), memberships (membershipDeviations.ts) or privileges on objects (acl.ts).
 */
import type { AclContext, Catalog, Deviation, LiveRole } from "../model";
import { type RoleRule, roleRules } from "../roleRules";
import { isPredefined, type RoleKinds } from "./roleKind";

/** An attribute that may be otherwise than it should: what is said then, and what follows ALTER ROLE. */
interface Attribute {
  readonly text: string;
  readonly mend: string;
  /** `login`: whether the role should be able to log in; null: as it likes. */
  readonly differs: (role: LiveRole, rule: RoleRule, login: boolean | null) => boolean;
}

const powers: readonly (readonly [string, (role: LiveRole) => boolean])[] = [
  ["SUPERUSER", (role) => role.superuser],
  ["CREATEROLE", (role) => role.createRole],
  ["CREATEDB", (role) => role.createDatabase],
  ["REPLICATION", (role) => role.replication],
  ["BYPASSRLS", (role) => role.bypassRowSecurity],
];

const attributes: readonly Attribute[] = [
  ...powers.map(([word, differs]) => ({
    text: `should not have ${word}`,
    mend: `NO${word}`,
    differs,
  })),
  {
    text: "should not have INHERIT",
    mend: "NOINHERIT",
    differs: (role, rule) => role.inherit && !rule.inherit,
  },
  {
    text: "lacks INHERIT",
    mend: "INHERIT",
    differs: (role, rule) => !role.inherit && rule.inherit,
  },
  {
    text: "should not have LOGIN",
    mend: "NOLOGIN",
    differs: (role, _, login) => role.login && login === false,
  },
  {
    text: "lacks LOGIN",
    mend: "LOGIN",
    differs: (role, _, login) => !role.login && login === true,
  },
];

/** Attributes of the roles that the rules speak of, of the admin, and powers of whom nobody declared. */
export function attributeDeviations(
  context: AclContext,
  who: RoleKinds,
  { roles }: Pick<Catalog, "roles">,
): readonly Deviation[] {
  return roles.flatMap((role): readonly Deviation[] => {
    const name = context.quote(role.name);
    const rule = roleRules.find(({ party }) => party === who.of(role.name));
    if (role.name === context.admin) return ofAdmin(context, role);
    if (rule === undefined) return ofStranger(context, who, role);
    const login = rule.login ?? context.logins.get(role.name) ?? null;
    const limit = context.connectionLimits.get(role.name);
    const expires = role.validUntil !== null && role.validUntil !== "infinity";
    return [
      ...attributes
        .filter(({ differs }) => differs(role, rule, login))
        .map(({ text, mend }) => ({
          text: `role ${role.name}: ${text}`,
          statements: [`ALTER ROLE ${name} ${mend}`],
        })),
      ...(limit === undefined || role.connectionLimit === limit
        ? []
        : [
            {
              text: `role ${role.name}: connection limit is ${role.connectionLimit}, not ${limit}`,
              statements: [`ALTER ROLE ${name} CONNECTION LIMIT ${limit}`],
            },
          ]),
      ...(limit === undefined || !expires
        ? []
        : [
            {
              text: `role ${role.name}: should not expire, and does ${role.validUntil}`,
              statements: [`ALTER ROLE ${name} VALID UNTIL 'infinity'`],
            },
          ]),
    ];
  });
}

/** What the admin must not have beyond its task, and what it cannot do without. */
const adminPowers = ["SUPERUSER", "REPLICATION", "BYPASSRLS"];
const adminNeeds: readonly (readonly [string, (role: LiveRole) => boolean])[] = [
  ["INHERIT", (role) => role.inherit],
  ["CREATEROLE", (role) => role.createRole],
  ["CREATEDB", (role) => role.createDatabase],
];

/** The admin is no superuser, unless it is the one that the server cannot be without. */
function ofAdmin({ quote }: AclContext, role: LiveRole): readonly Deviation[] {
  if (role.bootstrap) return [];
  const name = quote(role.name);
  const beyond = powers
    .filter(([word, has]) => adminPowers.includes(word) && has(role))
    .map(([word]) => ({
      text: `role ${role.name}: should not have ${word}`,
      statements: [`ALTER ROLE ${name} NO${word}`],
    }));
  const lacking = adminNeeds
    .filter(([, has]) => !has(role) && !role.superuser)
    .map(([word]) => ({
      text: `role ${role.name}: lacks ${word}`,
      statements: [`ALTER ROLE ${name} ${word}`],
    }));
  return [...beyond, ...lacking];
}

/** Powers that reach this database, or the files below it, without a privilege in it. CREATEDB does not. */
const reachingPowers = ["SUPERUSER", "CREATEROLE", "REPLICATION", "BYPASSRLS"];

/**
 * What nobody declared may reach every role (before PostgreSQL 16 with CREATEROLE), every row or every file: a base
 * backup needs no CONNECT. The owner of a database is taken for the admin of another stack, which makes roles. Whether a
 * login may lose such a thing is not for a program to say.
 */
function ofStranger(context: AclContext, who: RoleKinds, role: LiveRole): readonly Deviation[] {
  if (role.bootstrap || who.isNamed(role.name) || isPredefined(role.name)) return [];
  return powers
    .filter(([word, has]) => reachingPowers.includes(word) && has(role))
    .filter(([word]) => word !== "CREATEROLE" || !(role.ownsDatabase || role.superuser))
    .map(([word]) => ({
      text: `role ${role.name}: should not have ${word}, which nobody declared`,
      statements: [`ALTER ROLE ${context.quote(role.name)} NO${word}`],
      manual: "it is nobody's declared login; a person decides",
    }));
}
