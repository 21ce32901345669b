/**
 * Compares what roles themselves have, attributes and settings, with what they should. Pure.
 * Does NOT look at memberships (membershipDeviations.ts) or at privileges on objects (acl.ts).
 */
import type {
  AclContext,
  Catalog,
  Deviation,
  LiveRole,
  RoleSetting,
  WantedSetting,
} from "../model";
import { hazardousSettings, type RoleRule, roleRules } from "../roleRules";
import type { Standings } from "./standing";

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

/** Attributes of the roles that the rules speak of, and CREATEROLE of anybody where it is as good as superuser. */
export function attributeDeviations(
  context: AclContext,
  who: Standings,
  { roles, major }: Pick<Catalog, "roles" | "major">,
): readonly Deviation[] {
  return roles.flatMap((role): readonly Deviation[] => {
    const name = context.quote(role.name);
    const rule = roleRules.find(({ party }) => party === who.of(role.name));
    if (rule === undefined) return creator(context, who, role, major);
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

/**
 * Before PostgreSQL 16 whoever has CREATEROLE may become any role but a superuser, and a member of
 * pg_execute_server_program reaches the operating system. The owner of a database is taken for the admin of another
 * stack. Whether a login may lose this is not for a program to say.
 */
function creator(
  context: AclContext,
  who: Standings,
  role: LiveRole,
  major: number,
): readonly Deviation[] {
  const isStranger = who.of(role.name) === "stranger";
  if (major >= 16 || !role.createRole || !isStranger || role.ownsDatabase) return [];
  return [
    {
      text: `role ${role.name}: should not have CREATEROLE, which before PostgreSQL 16 leads to every role`,
      statements: [`ALTER ROLE ${context.quote(role.name)} NOCREATEROLE`],
      manual: "it is nobody's declared login; a person decides",
    },
  ];
}

/** The items of a list setting as PostgreSQL stores it: names, quoted where they need it, separated by commas. */
function listItems(text: string): readonly string[] {
  const items = text.match(/"(?:[^"]|"")*"|[^,\s]+/g) ?? [];
  return items.map((item) =>
    item.startsWith('"') ? item.slice(1, -1).replaceAll('""', '"') : item,
  );
}

const nameOf = (setting: string): string => setting.slice(0, setting.indexOf("="));
const valueOf = (setting: string): string => setting.slice(setting.indexOf("=") + 1);

/** Whether what is stored is what is wanted. */
function isAsWanted(stored: string, { value }: WantedSetting): boolean {
  if (typeof value === "string") return stored === value;
  return JSON.stringify(listItems(stored)) === JSON.stringify(value);
}

/** A setting for people and for ALTER ROLE. */
const textOf = ({ value }: WantedSetting, quote: (name: string) => string): string =>
  typeof value === "string" ? value : value.map(quote).join(", ");

/**
 * Settings of the roles that have wanted ones: those and no others, and none for this database alone, which would win.
 * Of the database itself only those that change what sessions run as or find.
 */
export function settingDeviations(
  context: AclContext,
  settings: readonly RoleSetting[],
): readonly Deviation[] {
  const { quote, settingsOf, database } = context;
  const lacking = [...settingsOf].flatMap(([role, wanted]) =>
    wanted
      .filter(
        (one) =>
          !settings.some(
            ({ role: holder, here, setting }) =>
              holder === role &&
              !here &&
              nameOf(setting) === one.name &&
              isAsWanted(valueOf(setting), one),
          ),
      )
      .map((one): Deviation => {
        const value = textOf(one, quote);
        return {
          text: `role ${role}: setting ${one.name}=${value} is missing`,
          statements: [`ALTER ROLE ${quote(role)} SET ${one.name} = ${value}`],
        };
      }),
  );
  const unexpected = settings.flatMap(({ role, here, setting }): readonly Deviation[] => {
    const name = nameOf(setting);
    if (role === null) {
      if (!hazardousSettings.includes(name)) return [];
      const [what, target] = here
        ? [`database ${database}`, `DATABASE ${quote(database)}`]
        : ["the server", "ROLE ALL"];
      return [
        {
          text: `${what}: should not set ${setting} for every login`,
          statements: [`ALTER ${target} RESET ${name}`],
        },
      ];
    }
    const wanted = settingsOf.get(role);
    if (wanted === undefined || (!here && wanted.some((one) => one.name === name))) return [];
    const where = here ? ` in database ${database}` : "";
    return [
      {
        text: `role ${role}: should not set ${setting}${where}`,
        statements: [
          `ALTER ROLE ${quote(role)}${here ? ` IN DATABASE ${quote(database)}` : ""} RESET ${name}`,
        ],
      },
    ];
  });
  return [...lacking, ...unexpected];
}
