/**
 * Gate rule ban-maintenance-off: its texts, its examples, and what it finds.
 * Does NOT cover settings that only make upkeep slower or rarer.
 */
import { sqlName } from "../../../sql/sqlText";
import type { StorageOption } from "../../../statements/tableOperation";
import type { PlacedOperation } from "../../input/placedOperation";
import type { Subject } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

/** PostgreSQL takes any beginning of false, no and off. */
const isFalse = (value: string | null): boolean =>
  value !== null && /^(f(a(l(se?)?)?)?|no?|off?|0)$/i.test(value);

/** More dead or new rows than that, or so many times the rows there are, do not come together. */
const neverReached = { threshold: 100_000_000, scale_factor: 10 } as const;

/** True when upkeep of the table, or of its long values (`toast.`), does not happen with the setting. */
function stopsUpkeep({ name, value }: StorageOption): boolean {
  const own = name.replace(/^toast\./, "");
  if (own === "autovacuum_enabled" || own === "vacuum_index_cleanup") return isFalse(value);
  const [, kind] =
    /^autovacuum_(?:vacuum|vacuum_insert|analyze)_(threshold|scale_factor)$/.exec(own) ?? [];
  if (kind !== "threshold" && kind !== "scale_factor") return false;
  // -1 switches vacuuming after inserts off.
  return Number(value) < 0 || Number(value) >= neverReached[kind];
}

interface Stopped {
  readonly placed: PlacedOperation;
  readonly table: string;
  readonly option: StorageOption;
}

/** What the file leaves switched off: settings that it takes back itself are none. */
function stopped(subject: Subject): readonly Stopped[] {
  const left = new Map<string, Stopped>();
  for (const placed of subject.placedOperations) {
    const { operation } = placed;
    const isSet =
      operation.kind === "alter table" && /^(re)?set options$/.test(operation.command.kind);
    if (operation.kind !== "create table" && !isSet) continue;
    const table = sqlName(operation.table);
    for (const option of optionsOf(operation)) {
      const key = `${table} ${option.name}`;
      const isReset =
        operation.kind === "alter table" && operation.command.kind === "reset options";
      if (!isReset && stopsUpkeep(option)) left.set(key, { placed, table, option });
      else left.delete(key);
    }
  }
  return [...left.values()];
}

function optionsOf(operation: PlacedOperation["operation"]): readonly StorageOption[] {
  if (operation.kind === "create table") return operation.options;
  if (operation.kind !== "alter table") return [];
  const { command } = operation;
  return command.kind === "set options" || command.kind === "reset options" ? command.options : [];
}

export const banMaintenanceOff = fileRule({
  id: "ban-maintenance-off",
  problem: "Autovacuum or its look at a table is switched off, and stays off behind the file.",
  why: "dead rows pile up, plans are made by old counts, and in the end the server stops for a vacuum against wraparound; nothing shows it until then.",
  instead:
    "leave it on; for a large load switch it off and on again in the same file, and ANALYZE the table.",
  source: docs("runtime-config-autovacuum.html"),
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.jobs SET (autovacuum_enabled = off, toast.autovacuum_enabled = off);",
    rollback: "ALTER TABLE dagapp.jobs RESET (autovacuum_enabled, toast.autovacuum_enabled);",
  },
  good: {
    body: "ALTER TABLE dagapp.jobs SET (autovacuum_vacuum_scale_factor = 0.02);",
    rollback: "ALTER TABLE dagapp.jobs RESET (autovacuum_vacuum_scale_factor);",
  },
  find: (subject) =>
    stopped(subject).map(({ placed, table, option }) =>
      atStatement(
        placed,
        `${option.name} = ${option.value ?? ""} keeps upkeep from ${table}, and stays so.`,
        `behind what needs it: ALTER TABLE ${table} RESET (${option.name});`,
      ),
    ),
});
