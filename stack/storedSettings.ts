/**
 * What a stack stores with its database and its roles (`databaseSettings`, `roleSettings`): which settings may be stored at
 * all, and reading what a stack says. Pure.
 * Does NOT compare with what the server has (roles/compare/settingDeviations.ts) or store anything.
 */

/** One stored setting; null: none may be stored under the name. */
interface StoredSetting {
  readonly name: string;
  /** As ALTER … SET is given it, and as the server keeps it. */
  readonly value: string | null;
}

/** Settings of one holder. */
export type StoredSettings = readonly StoredSetting[];

/** By role's name, each once. Pairs, since settings are handed on as JSON, which knows no maps. */
export type SettingsOfRoles = readonly (readonly [role: string, settings: StoredSettings])[];

/** How a value looks. Whether the server takes it, it says itself. */
interface Form {
  readonly pattern: RegExp;
  readonly example: string;
}

const size: Form = { pattern: /^\d{1,10}(kB|MB|GB|TB)$/, example: '"64MB"' };
const time: Form = { pattern: /^(0|\d{1,10}(ms|s|min|h))$/, example: '"30s"' };
const amount: Form = { pattern: /^\d{1,10}(\.\d{1,6})?$/, example: "1.1" };
const whole: Form = { pattern: /^\d{1,10}$/, example: "4" };
const toggle: Form = { pattern: /^(on|off)$/, example: "off" };
const words = (...list: readonly string[]): Form => ({
  pattern: new RegExp(`^(${list.join("|")})$`),
  example: list[0] ?? "",
});

const all = (names: string, form: Form): readonly (readonly [string, Form])[] =>
  names.split(" ").map((name) => [name, form]);

/**
 * What may be stored: memory, the planner's choices, and limits of time. None of these changes what a statement means, what
 * it may see, whether it is kept, or what is logged; any login may set each for itself.
 * Source: postgresql.org/docs/current/runtime-config-resource.html, runtime-config-query.html, runtime-config-client.html
 */
const forms: ReadonlyMap<string, Form> = new Map([
  ...all("work_mem maintenance_work_mem temp_buffers effective_cache_size", size),
  ...all("min_parallel_table_scan_size min_parallel_index_scan_size", size),
  ...all("statement_timeout lock_timeout", time),
  ...all("idle_in_transaction_session_timeout idle_session_timeout", time),
  ...all("hash_mem_multiplier random_page_cost seq_page_cost cursor_tuple_fraction", amount),
  ...all("cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost", amount),
  ...all("parallel_setup_cost parallel_tuple_cost recursive_worktable_factor", amount),
  ...all("jit_above_cost jit_inline_above_cost jit_optimize_above_cost", amount),
  ...all("effective_io_concurrency maintenance_io_concurrency default_statistics_target", whole),
  ...all("max_parallel_workers max_parallel_workers_per_gather", whole),
  ...all("max_parallel_maintenance_workers from_collapse_limit join_collapse_limit", whole),
  ...all("geqo_threshold", whole),
  ...all("jit geqo parallel_leader_participation", toggle),
  ...all("enable_async_append enable_bitmapscan enable_gathermerge enable_hashagg", toggle),
  ...all("enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan", toggle),
  ...all("enable_material enable_memoize enable_mergejoin enable_nestloop", toggle),
  ...all("enable_parallel_append enable_parallel_hash enable_partition_pruning", toggle),
  ...all("enable_partitionwise_aggregate enable_partitionwise_join enable_seqscan", toggle),
  ...all("enable_sort enable_tidscan", toggle),
  ...all("plan_cache_mode", words("auto", "force_custom_plan", "force_generic_plan")),
  ...all("constraint_exclusion", words("partition", "on", "off")),
]);

/** Whether a stack may store it. Lower case. */
export const isStorable = (name: string): boolean => forms.has(name);

/** Their names, for the documents. */
export const storableNames: readonly string[] = [...forms.keys()].sort();

/** The word for "none is stored". */
const unset = "default";

/** What is said of one holder, and each problem with the key in front. */
export interface ParsedSettings {
  readonly settings: StoredSettings;
  readonly problems: readonly string[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** YAML reads on and off as booleans, and numbers as numbers. */
function textOf(value: unknown): string | null {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

function parseSettings(key: string, value: unknown): ParsedSettings {
  if (!isRecord(value)) {
    return { settings: [], problems: [`${key}: it is not a record of settings and values.`] };
  }
  const read = Object.entries(value).map(([name, given]): StoredSetting | string => {
    const form = forms.get(name);
    if (form === undefined) {
      return `${key}.${name}: it may not be stored here: only settings of memory, of the planner and limits of time may (docs/permissions.md).`;
    }
    const text = textOf(given);
    if (text === unset) return { name, value: null };
    if (text === null || !form.pattern.test(text)) {
      return `${key}.${name}: ${JSON.stringify(given)} is not a value such as ${form.example}.`;
    }
    return { name, value: text };
  });
  return {
    settings: read.filter((one) => typeof one !== "string"),
    problems: read.filter((one) => typeof one === "string"),
  };
}

const parsed = (text: string): unknown => {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return null;
  }
};

/** @param text  JSON, as configuration hands records over; empty for none. */
export const parseDatabaseSettings = (text: string): ParsedSettings =>
  parseSettings("databaseSettings", parsed(text));

/**
 * @param text      JSON: settings by role.
 * @param holders   Whom each key means: names of roles by a kind, or a role's own name.
 * @returns         What is said of a role itself goes before what is said of its kind.
 */
export function parseRoleSettings(
  text: string,
  holders: (key: string) => readonly string[],
): {
  readonly settings: SettingsOfRoles;
  readonly problems: readonly string[];
} {
  const given = parsed(text);
  if (!isRecord(given)) {
    return { settings: [], problems: ["roleSettings: it is not a record of roles."] };
  }
  const problems: string[] = [];
  const found = new Map<string, Map<string, StoredSetting>>();
  const named = (key: string): boolean => holders(key).length === 1 && holders(key)[0] === key;
  const kindsFirst = Object.entries(given).sort(([a], [b]) => Number(named(a)) - Number(named(b)));
  for (const [key, value] of kindsFirst) {
    const roles = holders(key);
    if (roles.length === 0) {
      problems.push(
        `roleSettings.${key}: it is no login of this stack: write service, migrator, approver, reader, auditor, or the name of such a role.`,
      );
    }
    const { settings, problems: wrong } = parseSettings(`roleSettings.${key}`, value);
    problems.push(...wrong);
    for (const role of roles) {
      const own = found.get(role) ?? new Map<string, StoredSetting>();
      for (const setting of settings) own.set(setting.name, setting);
      found.set(role, own);
    }
  }
  const settings = [...found].map(([role, own]) => [role, [...own.values()]] as const);
  return { settings, problems };
}
