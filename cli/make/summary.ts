/**
 * What a person sees after a successful `make up`: where the database is, who may do what, what is applied, what next.
 * Read from the database, not from what was planned. Does NOT change anything.
 */
import type { History, VersionState } from "../../migrations/engine/history/history";
import { readHistory } from "../../migrations/engine/ledger/ledger";
import { inspectPrivileges } from "../../roles/database/inspection";
import { ruleTexts } from "../../roles/ruleText";
import { type Access, withClient } from "../../stack/connection";
import { printable } from "../../stack/printable";
import type { Settings } from "../../stack/settings";
import { strictestTier } from "../../stack/tier";
import { columns } from "../frame/columns";

interface Live {
  readonly serverVersion: string;
  readonly history: History;
  readonly deviations: number;
}

/** Reads the live database and describes it. */
export async function summarise(access: Access): Promise<string> {
  const { settings } = access;
  const live = await withClient(
    access,
    { account: "admin", activity: "summary", readOnly: true },
    async (client): Promise<Live> => ({
      serverVersion:
        (await client.query<{ v: string }>("SELECT current_setting('server_version') AS v")).rows[0]
          ?.v ?? "",
      history: await readHistory(client),
      deviations: (await inspectPrivileges(client, settings)).deviations.length,
    }),
  );
  return describe(settings, live);
}

const migrationRow = (state: VersionState): readonly string[] => [
  state.version,
  state.status,
  state.completedAt === null || state.status !== "applied"
    ? ""
    : `${state.completedAt.toISOString().slice(0, 19).replace("T", " ")} UTC`,
  state.durationMs === null ? "" : `${state.durationMs} ms`,
  state.executedBy === null ? "" : `by ${state.executedBy}`,
  state.ticket ?? "",
];

function describe(settings: Settings, { serverVersion, history, deviations }: Live): string {
  const { server, roles, tier, schemas } = settings;
  const migrators = roles.migrators.length === 0 ? "nobody" : roles.migrators.join(", ");
  const rules = ruleTexts().map(({ to, privileges, place }) => [to, privileges, place]);
  return [
    "",
    `${server.database} on ${server.host}:${server.port}, PostgreSQL ${serverVersion}, tier ${tier}`,
    "",
    "Roles",
    ...columns([
      ["service", roles.service, "the application's login: rows only"],
      [
        "infrastructure",
        roles.infrastructure,
        `owns ${schemas.join(", ")}; no login, reached by ${migrators}`,
      ],
    ]),
    "",
    deviations === 0
      ? "Privileges: exactly these, nothing missing and nothing more"
      : `Privileges: these, but ${deviations} deviation(s) were found; make drift shows them`,
    ...columns(rules),
    "",
    "Migrations",
    ...columns(history.versions.map(migrationRow).map((cells) => cells.map(printable))),
    "",
    "Next",
    ...columns([
      [`make preview STACK=${tier}`, "what the next up would do"],
      [`make drift STACK=${tier}`, "whether the database still is as declared"],
      [`make psql STACK=${tier}`, "a session as the admin"],
      ...(tier === strictestTier
        ? []
        : [[`make up STACK=${strictestTier}`, "what the gate says of an unticketed change"]]),
      ["make help", "everything else"],
    ]),
  ].join("\n");
}
