/**
 * The service role tries to become somebody else, or to get or give privileges. Pure data.
 */
import { harmless, healed, noEffect, refused, stays, type Theme } from "./attack";

const noMember = "It is a member of no role.";
const noRole = "It has no CREATEROLE.";
const noOption = "It has nothing with grant option, and owns nothing.";
const superuser = "Only a superuser may.";

const ownSettings = "PostgreSQL lets every role change its own settings.";

export const serviceGrants: Theme = {
  title: "Becoming somebody else, giving and taking privileges",
  as: "service",
  attacks: [
    ...["infra", "admin", "migrator", "superuser", "outsider"].map((role) =>
      refused(
        `becomes the ${role === "infra" ? "infrastructure role" : role}`,
        `SET ROLE {${role}}`,
        noMember,
      ),
    ),
    refused("becomes a predefined role", "SET ROLE pg_read_all_data", noMember),
    refused(
      "becomes the admin by set_config",
      "SELECT set_config('role', '{=admin}', false)",
      noMember,
    ),
    refused(
      "becomes the admin by a function's own setting",
      [
        "CREATE FUNCTION pg_temp.mine() RETURNS TEXT LANGUAGE sql SET role = '{=admin}' AS 'SELECT current_user::text'",
      ],
      noMember,
    ),
    refused("logs in again as the admin", "SET SESSION AUTHORIZATION {admin}", superuser),
    refused(
      "logs in again by set_config",
      "SELECT set_config('session_authorization', '{=admin}', false)",
      superuser,
    ),
    harmless(
      "sheds a role that it does not have",
      ["SET ROLE NONE", "RESET ROLE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"],
      "It has always been itself.",
    ),
    noEffect(
      "lets another login read a table",
      "GRANT SELECT ON dagapp.item TO {outsider}",
      noOption,
      "01007",
    ),
    noEffect(
      "lets everybody do everything with a table",
      "GRANT ALL ON dagapp.item TO PUBLIC",
      noOption,
      "01007",
    ),
    noEffect(
      "lets itself empty tables",
      "GRANT TRUNCATE ON dagapp.item TO {service}",
      noOption,
      "01007",
    ),
    noEffect("gives a column", "GRANT SELECT (note) ON dagapp.item TO PUBLIC", noOption, "01007"),
    noEffect(
      "gives a function",
      "GRANT EXECUTE ON FUNCTION dagapp.twice(INTEGER) TO PUBLIC",
      noOption,
      "01007",
    ),
    noEffect("gives a schema", "GRANT USAGE ON SCHEMA dagapp TO PUBLIC", noOption, "01007"),
    noEffect(
      "gives the database",
      "GRANT CONNECT ON DATABASE {database} TO PUBLIC",
      noOption,
      "01007",
    ),
    noEffect(
      "lets itself make things in the system's schema",
      "GRANT CREATE ON SCHEMA pg_catalog TO {service}",
      noOption,
      "01007",
    ),
    refused(
      "gives a language it may not use",
      "GRANT USAGE ON LANGUAGE c TO {service}",
      "It is not trusted, and nobody may be given it.",
      { code: "42809" },
    ),
    refused("gives a parameter", "GRANT SET ON PARAMETER log_statement TO {service}", superuser),
    refused("gives the ledger", "GRANT ALL ON public.schema_migrations TO {service}", noOption),
    noEffect(
      "takes a privilege from itself",
      "REVOKE INSERT ON dagapp.item FROM {service}",
      noOption,
      "01006",
    ),
    noEffect(
      "takes a grant option",
      "REVOKE GRANT OPTION FOR SELECT ON dagapp.item FROM {service}",
      noOption,
      "01006",
    ),
    noEffect(
      "takes the infrastructure role's privileges",
      "REVOKE ALL ON dagapp.item FROM {infra}",
      noOption,
      "01006",
    ),
    refused(
      "makes itself a member of the infrastructure role",
      "GRANT {infra} TO {service}",
      noRole,
    ),
    refused(
      "makes itself a member of a predefined role",
      "GRANT pg_write_all_data TO {service}",
      noRole,
    ),
    refused(
      "makes another login a member of itself",
      "GRANT {service} TO {outsider}",
      "It has no ADMIN on itself.",
    ),
    refused(
      "changes what the infrastructure role's tables are born with",
      "ALTER DEFAULT PRIVILEGES FOR ROLE {infra} IN SCHEMA dagapp GRANT TRUNCATE ON TABLES TO {service}",
      noMember,
    ),
    healed(
      "changes what its own tables would be born with",
      "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC",
      "PostgreSQL lets every role. It can make no table but temporary ones, which nobody else reaches.",
      ["new tables of {=service} anywhere: PUBLIC should not have"],
    ),
    refused("drops what the infrastructure role owns", "DROP OWNED BY {infra}", noMember),
    refused(
      "takes over what the infrastructure role owns",
      "REASSIGN OWNED BY {infra} TO {service}",
      noMember,
    ),
    refused("makes a role", "CREATE ROLE mine", noRole),
    refused("drops a role", "DROP ROLE {outsider}", noRole),
    refused(
      "renames itself",
      "ALTER ROLE {service} RENAME TO other",
      "Nobody may rename the session's own login.",
      { code: "0A000" },
    ),
    ...[
      "SUPERUSER",
      "CREATEROLE",
      "CREATEDB",
      "REPLICATION",
      "BYPASSRLS",
      "INHERIT",
      "CONNECTION LIMIT -1",
      "VALID UNTIL 'infinity'",
    ].map((attribute) =>
      refused(`gives itself ${attribute}`, `ALTER ROLE {service} ${attribute}`, noRole),
    ),
    refused("changes another login's password", "ALTER ROLE {migrator} PASSWORD 'x'", noRole),
    refused(
      "changes another login's settings",
      "ALTER ROLE {admin} SET search_path = pg_temp",
      noRole,
    ),
    refused("changes everybody's settings", "ALTER ROLE ALL SET search_path = pg_temp", superuser),
    healed(
      "takes its own lock timeout away",
      "ALTER ROLE {service} SET lock_timeout = 0",
      ownSettings,
      ["role {=service}: setting lock_timeout=5000 is missing"],
    ),
    healed(
      "takes its own lock timeout away for this database",
      "ALTER ROLE {service} IN DATABASE {database} SET lock_timeout = 0",
      ownSettings,
      ["role {=service}: should not set lock_timeout=0 in database {=database}"],
    ),
    healed(
      "gives itself a setting that nobody declared",
      "ALTER ROLE {service} SET default_transaction_isolation = 'serializable'",
      ownSettings,
      ["role {=service}: should not set default_transaction_isolation=serializable"],
    ),
    ...[
      "statement_timeout = 0",
      "idle_in_transaction_session_timeout = 0",
      "search_path = pg_temp",
    ].map((setting) =>
      healed(
        `changes its own ${setting.split(" ")[0] ?? ""}`,
        `ALTER ROLE {service} SET ${setting}`,
        ownSettings,
        [`role {=service}: setting ${setting.split(" ")[0] ?? ""}=`],
      ),
    ),
    stays(
      "changes its own password",
      "ALTER ROLE {service} PASSWORD 'x'",
      "PostgreSQL lets every role. Nobody is let in who was not; the application is locked out until passwordVersion is changed.",
      /^[-+] pg_authid .*rolpassword/,
      [
        "DO $$ BEGIN EXECUTE format('ALTER ROLE {service} PASSWORD %L', current_setting('attack.kept')); END $$",
      ],
      {
        given: {
          sql: [
            "SELECT set_config('attack.kept', rolpassword, false) FROM pg_authid WHERE rolname = '{=service}'",
          ],
          undo: [],
        },
      },
    ),
  ],
};
