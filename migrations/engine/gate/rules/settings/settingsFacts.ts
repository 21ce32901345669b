/**
 * What the rules of this folder share (settings): the parameters that a file changes.
 * Does NOT hold a rule and does NOT cover limits of the run (see rows) and roles (see reach/forbidden.ts).
 */
import { readingSettings } from "../../../../../stack/sessionSettings";
import { parseStatements } from "../../../sql/parser";
import { type SettingChange, settingChanges } from "../../../sql/settingValues";
import { type PlacedOperation } from "../../input/placedOperation";
import type { Subject } from "../../input/subject";

/** Lower-case names with the value that every session of this program has. */
export const reading: ReadonlyMap<string, string> = new Map(
  Object.entries(readingSettings).map(([name, value]) => [name.toLowerCase(), value]),
);

/** Same meaning, other spelling. */
const plain = (value: string): string =>
  value
    .toLowerCase()
    .replace(/^(true|yes|1)$/, "on")
    .replace(/^(false|no)$/, "off")
    .replace(/[-_\s]/g, "");

/** True when the session has that value anyway: what pg_dump writes at the head of a file. */
export const isForced = ({ parameter, value }: SettingChange): boolean => {
  const forced = reading.get(parameter);
  if (value === "") return true;
  if (value === null || forced === undefined) return false;
  const same = parameter === "timezone" ? ["gmt", "utc"] : [plain(forced)];
  return same.includes(plain(value)) || (parameter === "datestyle" && plain(value) === "iso");
};

/** What a placed operation's statement changes; inside bodies the values are not looked at. */
function changesOf({ operation, statement }: PlacedOperation): readonly SettingChange[] {
  const inside = (settings: readonly string[]): readonly SettingChange[] =>
    settings.map((parameter) => ({ parameter, value: null, ofFunction: false }));
  if (operation.kind === "do")
    return operation.statements.flatMap(({ settings }) => inside(settings));
  const parsed = /^(RE)?SET$/.test(statement.kind) || /\bset\b|set_config/i.test(statement.text);
  const own = parsed && statement.kind !== "DO" ? parseStatements(statement.text) : [];
  const open = "reason" in own ? [] : own.flatMap(({ tag, node }) => settingChanges(tag, node));
  const body = operation.kind === "create function" ? operation.body.statements : [];
  return [...open, ...body.flatMap(({ settings }) => inside(settings))];
}

/** Both files, each statement once: it may stand for several placed operations. */
export function changesIn(
  subject: Subject,
): readonly { readonly placed: PlacedOperation; readonly change: SettingChange }[] {
  const seen = new Set<string>();
  return [...subject.placedOperations, ...subject.rollbackOperations].flatMap((placed) =>
    changesOf(placed).flatMap((change) => {
      const key = `${placed.segment.file} ${placed.statement.line} ${placed.statement.column} ${change.parameter}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ placed, change }];
    }),
  );
}
