/**
 * What a person sees after `make up`: what changed, what the database is now, what is to be done next. Some ten lines; the
 * tables of roles, rules and versions only when they are asked for.
 * Read from the database, not from what was planned. Does NOT change anything.
 */
import type { History, VersionState } from "../../migrations/engine/history/history";
import { readHistory } from "../../migrations/engine/ledger/ledger";
import { loadMigrations } from "../../migrations/engine/survey/load";
import { inspectPrivileges } from "../../roles/database/inspection";
import { ruleTexts } from "../../roles/ruleText";
import { type Access, withClient } from "../../stack/connection";
import { printable } from "../../stack/printable";
import type { Settings } from "../../stack/settings";
import { counted } from "../findings/finding";
import { columns } from "../frame/columns";
import type { Style } from "../frame/terminal";
import { wrapped } from "../frame/wrap";
import {
  heldFiles,
  type NextStep,
  nextSteps,
  type StackState,
  versionSpan,
} from "../report/nextSteps";
import { projectMigrations } from "../stack/project";

/** What one run did, as the engine counted it. */
interface RunFacts {
  /** When it began. */
  readonly since: Date;
  readonly changes: Readonly<Record<string, number>>;
  readonly seconds: number;
}

interface Live extends StackState {
  readonly serverVersion: string;
  readonly deviations: number;
}

/** Reads the live database. `above`: of the stack that promotes from this one, where it can be reached. */
async function look(access: Access, above: Access | null): Promise<Live> {
  const { settings } = access;
  const purpose = { account: "admin", activity: "summary", readOnly: true } as const;
  // What is wrong with the files, the run has said.
  const { migrations } = await loadMigrations(projectMigrations()).catch(() => ({
    migrations: [],
  }));
  const appliedAbove = above === null ? null : await appliedIn(above);
  return withClient(access, purpose, async (client): Promise<Live> => {
    const { rows } = await client.query<{ v: string }>(
      "SELECT current_setting('server_version') AS v",
    );
    return {
      tier: settings.tier,
      files: migrations,
      targetVersion: settings.run.targetVersion,
      onlyLooks: settings.onlyLooks,
      appliedAbove,
      targetAbove: above?.settings.run.targetVersion ?? null,
      serverVersion: rows[0]?.v ?? "",
      history: await readHistory(client),
      deviations: (await inspectPrivileges(client, settings)).deviations.length,
    };
  });
}

/** Null where nobody can tell: then nothing counts as taken further. */
async function appliedIn(access: Access): Promise<ReadonlySet<string> | null> {
  const purpose = { account: "admin", activity: "summary", readOnly: true } as const;
  try {
    const { versions } = await withClient(access, purpose, readHistory);
    return new Set(
      versions.filter(({ status }) => status === "applied").map(({ version }) => version),
    );
  } catch {
    return null;
  }
}

/** The summary of a run. */
export async function summarise(
  access: Access,
  above: Access | null,
  facts: RunFacts,
  style: Style,
): Promise<string> {
  const live = await look(access, above);
  const { database, host, port } = access.settings.server;
  const server = `${database} on ${host}:${port}, PostgreSQL ${live.serverVersion.split(" ")[0] ?? ""}`;
  const next = nextSteps(live);
  return [
    "",
    `${style.bold(access.settings.tier)}: ${server}`,
    ...columns(factRows(live, facts)),
    ...nextLines(next, style),
  ]
    .flatMap((line) => wrapped(line))
    .join("\n");
}

function factRows(live: Live, { since, changes, seconds }: RunFacts): readonly string[][] {
  const { history, deviations, tier, targetVersion } = live;
  const { versions, breakGlass } = history;
  const after = (date: Date | null): boolean => date !== null && date >= since;
  const of = (list: readonly VersionState[]): string => versionSpan(list.map((one) => one.version));
  const ran = versions.filter((one) => one.status === "applied" && after(one.completedAt));
  const back = versions.filter((one) => one.status === "rolled back" && after(one.rolledBackAt));
  const made = Object.entries(changes)
    .filter(([kind, count]) => kind !== "same" && kind !== "read" && count > 0)
    .map(([kind, count]) => `${count} ${pastOf[kind] ?? kind}`);
  const changed = [
    ...(ran.length === 0 ? [] : [`applied ${of(ran)}`]),
    ...(back.length === 0 ? [] : [`rolled back ${of(back)}`]),
    ...(made.length === 0 ? [] : [`resources: ${made.join(", ")}`]),
  ];
  const there = versions.filter(({ status }) => status === "applied");
  const proven = there.filter(({ proof }) => proof !== null).length;
  const newest = there.at(-1)?.version;
  const held = heldFiles(live);
  return [
    ["changed", changed.length === 0 ? "nothing" : `${changed.join("; ")} (${seconds} s)`],
    [
      "privileges",
      deviations === 0
        ? `as declared (${ruleTexts().length} rules: npx ddl grants --stack ${tier} --sandbox)`
        : `${counted(deviations, "deviation")}: make drift STACK=${tier}`,
    ],
    [
      "versions",
      newest === undefined
        ? "none applied"
        : [
            `${there.length} applied, newest ${newest}`,
            // What is proven in the tier below stays below; what is still to do here is said as the next step.
            ...(proven === 0 ? [] : [`${proven} of ${there.length} rollbacks proven`]),
          ].join("; "),
    ],
    ...(history.pgstac ? [["PgSTAC", `${history.pgstac.installed}, hardened`]] : []),
    ...(held.length === 0
      ? []
      : [
          [
            "held",
            `${counted(held.length, "file")} above targetVersion ${targetVersion}: ${heldNames(held)}`,
          ],
        ]),
    ...(breakGlass === null
      ? []
      : [["break-glass", printable(`open for ${breakGlass.ticket}: ${breakGlass.reason}`)]]),
  ];
}

/** So many held files are named. */
const mostNamed = 3;

function heldNames(held: ReturnType<typeof heldFiles>): string {
  const names = held.slice(0, mostNamed).map(({ name }) => name);
  const more = held.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const pastOf: Readonly<Record<string, string>> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  replace: "replaced",
};

function nextLines(steps: readonly NextStep[], style: Style): readonly string[] {
  if (steps.length === 0) return ["Next: nothing; make help lists what else there is"];
  return [
    style.bold("Next"),
    ...steps.flatMap(({ command, why }) => [`  ${command}`, `      ${why}`]),
  ];
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

/** The rules of privileges, as lines. */
export const ruleLines = (): readonly string[] =>
  ruleTexts().flatMap(({ to, privileges, place }) =>
    wrapped(`  ${to.padEnd(15)} ${privileges} ON ${place}`),
  );

/** Nothing where the stack has none. */
function pgstacLines({ pgstac }: History): readonly string[] {
  if (pgstac === null || pgstac === undefined) return [];
  const { installed, at, executedBy, ticket } = pgstac;
  const when = `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const cells = [installed, "installed and hardened", when, `by ${executedBy}`, ticket ?? ""];
  return ["", "PgSTAC", ...columns([cells.map(printable)])];
}

/** Roles, rules and versions in full, for who asks. */
export async function describeAll(access: Access): Promise<string> {
  const purpose = { account: "admin", activity: "summary", readOnly: true } as const;
  const history: History = await withClient(access, purpose, readHistory);
  const { roles, schemas }: Settings = access.settings;
  const migrators = roles.migrators.length === 0 ? "nobody" : roles.migrators.join(", ");
  return [
    "",
    "Roles",
    ...columns([
      ["service", roles.service, "the application's login: rows only"],
      ["infrastructure", roles.infrastructure, `owns ${schemas.join(", ")}; no login`],
      ["migrator", migrators, "runs migrations"],
    ]),
    "",
    "Privileges: exactly these",
    ...ruleLines(),
    "",
    "Versions",
    ...columns(history.versions.map(migrationRow).map((cells) => cells.map(printable))),
    ...pgstacLines(history),
  ].join("\n");
}
