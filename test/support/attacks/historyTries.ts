/**
 * The infrastructure role tries to forge the record of what happened. Pure data.
 */
import { refused, type Theme } from "./attack";

const events = "public.schema_migration_events";
const ledger = "public.schema_migrations";
const columns =
  "It may insert only the columns that say what happened; number, time and login are the server's.";
const decisions = "A row-security policy lets it write only what a run may say.";
const appendOnly = "It may read and append, nothing else.";
const adminOwns = "The admin owns it.";
const noRole = "Behind the infrastructure role there is only the migrator, which has nothing.";

export const historyTries: Theme = {
  title: "Forging what happened",
  as: "infrastructure",
  attacks: [
    refused(
      "says who",
      `INSERT INTO ${events} (kind, login) VALUES ('applied', '{=admin}')`,
      columns,
    ),
    refused(
      "says when",
      `INSERT INTO ${events} (kind, happened_at) VALUES ('applied', '2020-01-01')`,
      columns,
    ),
    refused(
      "takes a number",
      `INSERT INTO ${events} (kind, id) OVERRIDING SYSTEM VALUE VALUES ('applied', 1)`,
      columns,
    ),
    refused(
      "moves the numbers",
      "SELECT setval('public.schema_migration_events_id_seq', 1)",
      "It has nothing on that sequence.",
    ),
    refused(
      "takes a number away",
      "SELECT nextval('public.schema_migration_events_id_seq')",
      "It has nothing on that sequence.",
    ),
    ...["signed-off", "stamped", "proven", "acknowledged", "break-glass-opened", "healed"].map(
      (kind) =>
        refused(`decides: ${kind}`, `INSERT INTO ${events} (kind) VALUES ('${kind}')`, decisions),
    ),
    refused("makes up a kind", `INSERT INTO ${events} (kind) VALUES ('blessed')`, decisions),
    refused(
      "turns row security off for itself",
      ["SET row_security = off", `INSERT INTO ${events} (kind) VALUES ('signed-off')`],
      "Off means: fail rather than hide rows.",
    ),
    refused(
      "turns row security off",
      `ALTER TABLE ${events} DISABLE ROW LEVEL SECURITY`,
      adminOwns,
    ),
    refused("drops a policy", `DROP POLICY run_events ON ${events}`, adminOwns),
    refused("widens a policy", `ALTER POLICY run_events ON ${events} WITH CHECK (true)`, adminOwns),
    refused("rewrites history", `UPDATE ${events} SET kind = 'applied'`, appendOnly),
    refused(
      "merges history",
      `MERGE INTO ${events} e USING (SELECT 1 AS one) s ON true WHEN MATCHED THEN DELETE`,
      appendOnly,
    ),
    refused("deletes history", `DELETE FROM ${events}`, appendOnly),
    refused("empties history", `TRUNCATE ${events}`, appendOnly),
    refused("drops history", `DROP TABLE ${events} CASCADE`, adminOwns),
    refused(
      "watches history",
      `CREATE TRIGGER t BEFORE INSERT ON ${events} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
      "It has no TRIGGER there.",
    ),
    refused(
      "watches the ledger, to act as whoever writes it",
      `CREATE TRIGGER t BEFORE INSERT ON ${ledger} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
      "It has no TRIGGER there.",
    ),
    refused(
      "silences history",
      `CREATE RULE r AS ON INSERT TO ${events} DO INSTEAD NOTHING`,
      adminOwns,
    ),
    refused(
      "changes a default",
      `ALTER TABLE ${events} ALTER COLUMN login SET DEFAULT '{=admin}'`,
      adminOwns,
    ),
    refused("deletes from the ledger", `DELETE FROM ${ledger}`, "It has no DELETE there."),
    refused("empties the ledger", `TRUNCATE ${ledger}`, "It has no TRUNCATE there."),
    refused("drops the ledger", `DROP TABLE ${ledger}`, adminOwns),
    refused("takes the events over", `ALTER TABLE ${events} OWNER TO {infra}`, adminOwns),
    refused(
      "lets itself write more",
      [`GRANT SELECT ON ${events} TO {infra}`, `UPDATE ${events} SET kind = 'applied'`],
      "It has nothing there with grant option.",
    ),
    refused("resets its role and deletes", ["RESET ROLE", `DELETE FROM ${events}`], noRole),
    refused("sheds its role and deletes", ["SET ROLE NONE", `DELETE FROM ${events}`], noRole),
    refused(
      "sheds its role by set_config and deletes",
      ["SELECT set_config('role', 'none', false)", `DELETE FROM ${ledger}`],
      noRole,
    ),
    refused(
      "resets its login and deletes",
      ["RESET SESSION AUTHORIZATION", `DELETE FROM ${events}`],
      noRole,
    ),
  ],
};
