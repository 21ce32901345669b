/**
 * What the rules of this folder share (settings): the parameters that a file changes.
 * Does NOT hold a rule and does NOT cover limits of the run (see rows) and roles (see reach/forbidden.ts).
 */
import { memo } from "../../../../../stack/memo";
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

/** Statements of rows, whose own SET is one of columns: they change a setting by a function only. */
const ofRows = /^(INSERT|UPDATE|DELETE|MERGE)\b/;
/** That function, the view whose rows are settings, or a name that may be one of these with escapes. */
const byFunction = /set_config|pg_settings|U&"/i;

/** Whether a statement is worth a parse of its own. */
const mayChange = ({ kind, text }: PlacedOperation["statement"]): boolean =>
  kind !== "DO" &&
  (/^(RE)?SET$/.test(kind) ||
    byFunction.test(text) ||
    (!ofRows.test(kind) && /\bset\b/i.test(text)));

/** What a placed operation's statement changes; inside bodies the values are not looked at. */
function changesOf({ operation, statement }: PlacedOperation): readonly SettingChange[] {
  const inside = (settings: readonly string[]): readonly SettingChange[] =>
    settings.map((parameter) => ({ parameter, value: null, ofFunction: false }));
  if (operation.kind === "do")
    return operation.statements.flatMap(({ settings }) => inside(settings));
  const own = mayChange(statement) ? parseStatements(statement.text) : [];
  const open = "reason" in own ? [] : own.flatMap(({ tag, node }) => settingChanges(tag, node));
  const body = operation.kind === "create function" ? operation.body.statements : [];
  return [...open, ...body.flatMap(({ settings }) => inside(settings))];
}

interface PlacedChange {
  readonly placed: PlacedOperation;
  readonly change: SettingChange;
}

/** Both files, each statement once: it may stand for several placed operations. Worked out once: two rules ask. */
export const changesIn = memo((subject: Subject): readonly PlacedChange[] => {
  const seen = new Set<string>();
  return [...subject.placedOperations, ...subject.rollbackOperations].flatMap((placed) =>
    changesOf(placed).flatMap((change) => {
      const key = `${placed.segment.file} ${placed.statement.line} ${placed.statement.column} ${change.parameter}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ placed, change }];
    }),
  );
});
