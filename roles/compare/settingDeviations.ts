/**
 * Compares the settings that are stored with roles, the database and the server with what they should be. Pure.
 * Does NOT look at what roles are themselves (roleDeviations.ts), or say which settings a stack may store (stack/storedSettings.ts).
 */
import { isStorable } from "../../stack/storedSettings";
import type { AclContext, Deviation, RoleSetting, WantedSetting } from "../model";
import { hazardousSettings, limitingSettings } from "../roleRules";

/** The items of a list setting as PostgreSQL stores it: names, quoted where they need it, separated by commas. */
function listItems(text: string): readonly string[] {
  const items = text.match(/"(?:[^"]|"")*"|[^,\s]+/g) ?? [];
  return items.map((item) =>
    item.startsWith('"') ? item.slice(1, -1).replaceAll('""', '"') : item,
  );
}

const nameOf = (setting: string): string => setting.slice(0, setting.indexOf("="));
const valueOf = (setting: string): string => setting.slice(setting.indexOf("=") + 1);

const isHazardous = (name: string): boolean => hazardousSettings.includes(name.toLowerCase());

/** A setting's name for SET and RESET: each part by itself, since any may be a word of SQL (app.user). */
const quoteSetting = ({ quote }: AclContext, name: string): string =>
  name.split(".").map(quote).join(".");

/** Whether what is stored is what is wanted. */
function isAsWanted(stored: string, { value }: WantedSetting): boolean {
  if (typeof value === "string") return stored === value;
  return JSON.stringify(listItems(stored)) === JSON.stringify(value);
}

/** A setting for people and for ALTER ROLE. */
const textOf = ({ value }: WantedSetting, quote: (name: string) => string): string =>
  typeof value === "string" ? value : value.map(quote).join(", ");

/** Whose settings: a role's, in this database or in all; `role` null: the database's own, or (not here) the server's. */
type Holder = Pick<RoleSetting, "role" | "here">;

/** How the holder is called, and what follows ALTER. */
function holderWords({ quote, database }: AclContext, { role, here }: Holder) {
  if (role === null) {
    return here
      ? { title: `database ${database}`, where: "", target: `DATABASE ${quote(database)}` }
      : { title: "the server", where: "", target: "ROLE ALL" };
  }
  const [where, inDatabase] = here
    ? [` in database ${database}`, ` IN DATABASE ${quote(database)}`]
    : ["", ""];
  return { title: `role ${role}`, where, target: `ROLE ${quote(role)}${inDatabase}` };
}

/** A stored text as a literal. What a stack may store holds no quotes; that it has none is no matter of form alone. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function lacking(
  context: AclContext,
  holder: Holder,
  wanted: readonly WantedSetting[],
  settings: readonly RoleSetting[],
): readonly Deviation[] {
  const { title, where, target } = holderWords(context, holder);
  const isStored = (one: WantedSetting): boolean =>
    settings.some(
      ({ role, here, setting }) =>
        role === holder.role &&
        here === holder.here &&
        nameOf(setting) === one.name &&
        isAsWanted(valueOf(setting), one),
    );
  return wanted
    .filter((one) => !isStored(one))
    .map((one): Deviation => {
      const value = textOf(one, context.quote);
      // What a stack stores may have a unit, which is none of SQL's numbers.
      const given = holder.here ? literal(value) : value;
      return {
        text: `${title}: setting ${one.name}=${value}${where} is missing`,
        statements: [`ALTER ${target} SET ${one.name} = ${given}`],
      };
    });
}

/** Whether the stack says what the holder has, so that anything else under the name is drift. */
function isGoverned(context: AclContext, { role, here }: Holder, name: string): boolean {
  const { settingsOf, settingsHere, admin } = context;
  const isHazard = isHazardous(name);
  if (role === null) {
    // The first that is declared of the database makes the stack the owner of all that may be declared of it.
    return isHazard || (here && settingsHere.has(null) && isStorable(name.toLowerCase()));
  }
  if (limitingSettings.includes(name.toLowerCase())) return false;
  return settingsOf.has(role) || (role === admin && isHazard);
}

/**
 * Settings of the roles that have wanted ones: those and no others, in all databases or in this one, which wins. Of the
 * database those that the stack declares, where it declares any; else, as of the server and of the admin, only those
 * that change what sessions are, find or mean.
 */
export function settingDeviations(
  context: AclContext,
  settings: readonly RoleSetting[],
): readonly Deviation[] {
  const { settingsOf, settingsHere } = context;
  const missing = [
    ...[...settingsOf].flatMap(([role, wanted]) =>
      lacking(context, { role, here: false }, wanted, settings),
    ),
    ...[...settingsHere].flatMap(([role, wanted]) =>
      lacking(context, { role, here: true }, wanted, settings),
    ),
  ];
  const unexpected = settings.flatMap(({ role, here, setting }): readonly Deviation[] => {
    const name = nameOf(setting);
    const wanted = here ? settingsHere.get(role) : role === null ? [] : settingsOf.get(role);
    const isWanted = (wanted ?? []).some((one) => one.name === name);
    if (isWanted || !isGoverned(context, { role, here }, name)) return [];
    const { title, where, target } = holderWords(context, { role, here });
    const forWhom = role === null ? " for every login" : "";
    return [
      {
        text: `${title}: should not set ${setting}${where}${forWhom}`,
        statements: [`ALTER ${target} RESET ${quoteSetting(context, name)}`],
      },
    ];
  });
  return [...missing, ...unexpected];
}
