// What a stack may store with its database and its roles: the names, the values, and whom a key means.
import { hazardousSettings } from "../../../roles/roleRules";
import { readSettings, SettingsError } from "../../../stack/settings";
import { isStorable, storableNames } from "../../../stack/storedSettings";
import { configOf, makeSettings, wellFormed } from "../../support/program/makeSettings";

const problemsOf = (changes: Readonly<Record<string, string>>): readonly string[] => {
  try {
    readSettings(configOf({ ...wellFormed, ...changes }), {});
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
};
const further = JSON.stringify([
  { name: "tiles", kind: "reader" },
  { name: "reports", kind: "reader" },
  { name: "watcher", kind: "monitoring" },
]);

describe("settings that a stack stores", () => {
  it("are read with their values as the server keeps them", () => {
    const given = {
      work_mem: "64MB",
      jit: false,
      random_page_cost: 1.1,
      statement_timeout: "5min",
    };
    const { databaseSettings } = makeSettings({ databaseSettings: JSON.stringify(given) });
    expect(databaseSettings).toEqual([
      { name: "work_mem", value: "64MB" },
      { name: "jit", value: "off" },
      { name: "random_page_cost", value: "1.1" },
      { name: "statement_timeout", value: "5min" },
    ]);
    const none = makeSettings({ databaseSettings: '{"work_mem": "default"}' });
    expect(none.databaseSettings).toEqual([{ name: "work_mem", value: null }]);
  });

  it("are nothing that changes what SQL means, what it sees, or whether it is kept", () => {
    expect(storableNames.filter((name) => hazardousSettings.includes(name))).toEqual([]);
    const refused = [
      ...["search_path", "standard_conforming_strings", "session_replication_role", "row_security"],
      ...["role", "log_statement", "log_min_duration_statement", "TimeZone", "DateStyle"],
      ...["default_text_search_config", "app.user", "session_preload_libraries", "Work_mem", ""],
      ...["synchronous_commit", "temp_file_limit", "default_transaction_read_only", "__proto__"],
    ];
    for (const name of refused) expect([name, isStorable(name)]).toEqual([name, false]);
    const problems = problemsOf({
      databaseSettings: '{"search_path": "x", "work_mem": "64MB"}',
      roleSettings: '{"service": {"role": "geo_infra"}}',
    });
    expect(problems).toEqual([
      expect.stringMatching(/^databaseSettings\.search_path: it may not be stored here/),
      expect.stringMatching(/^roleSettings\.service\.role: it may not be stored here/),
    ]);
  });

  it.each([
    ["work_mem", '"64"'],
    ["work_mem", '"64MB\'; DROP TABLE x; --"'],
    ["work_mem", '["64MB"]'],
    ["statement_timeout", '"30 s"'],
    ["statement_timeout", '"-1"'],
    ["jit", '"perhaps"'],
    ["default_statistics_target", "1.5"],
    ["plan_cache_mode", '"off"'],
  ])("have values of their form: %s %s", (name, value) => {
    expect(problemsOf({ databaseSettings: `{"${name}": ${value}}` })).toEqual([
      expect.stringContaining(`databaseSettings.${name}: ${value} is not a value such as`),
    ]);
  });

  it("of roles are those of a kind, and a role's own go before them", () => {
    const { roleSettings } = makeSettings({
      furtherRoles: further,
      roleSettings: JSON.stringify({
        tiles: { work_mem: "1GB" },
        reader: { work_mem: "8MB", jit: "off" },
        service: { statement_timeout: "30s" },
      }),
    });
    const texts = [...roleSettings].map(([role, own]) => [
      role,
      own.map(({ name, value }) => `${name}=${value ?? "default"}`),
    ]);
    expect(Object.fromEntries(texts)).toEqual({
      tiles: ["work_mem=1GB", "jit=off"],
      reports: ["work_mem=8MB", "jit=off"],
      geo_service: ["statement_timeout=30s"],
    });
  });

  it.each(["geo_infra", "geo_admin", "watcher", "pgstac_read", "nobody", "approver"])(
    "are refused of %s, which is no login that this stack declares",
    (key) => {
      const roleSettings = JSON.stringify({ [key]: { work_mem: "8MB" } });
      expect(problemsOf({ furtherRoles: further, roleSettings })).toEqual([
        expect.stringContaining(`roleSettings.${key}: it is no login of this stack`),
      ]);
    },
  );

  it.each(["[]", '"x"', "{", "null"])("are records: %s", (text) => {
    expect(problemsOf({ databaseSettings: text })).toHaveLength(1);
    expect(problemsOf({ roleSettings: text })).toHaveLength(1);
  });
});
