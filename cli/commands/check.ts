/**
 * `ddl check`: judges migration files by the rules of a tier. Needs no database.
 * Does NOT know what is applied where: what depends on that, `ddl plan` judges.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { isSqlFile, samplesFile } from "../../migrations/engine/files/collection";
import { parseDraft } from "../../migrations/engine/files/draft";
import { type MigrationFile, numberOf } from "../../migrations/engine/files/file";
import { rollbackNameOf } from "../../migrations/engine/files/header";
import { checkDraft } from "../../migrations/engine/gate/draftCheck";
import { checkFiles } from "../../migrations/engine/gate/fileCheck";
import { gateRules } from "../../migrations/engine/gate/gateRules";
import type { Violation } from "../../migrations/engine/gate/input/gateRule";
import { collect, loadMigrations, readSources } from "../../migrations/engine/survey/load";
import { parseTier, strictestTier, type Tier, tierRules, tiers } from "../../stack/tier";
import { azurePipelinesReport } from "../findings/azurePipelines";
import {
  counted,
  type Finding,
  findingOfProblem,
  findingOfViolation,
  type Report,
  sortFindings,
} from "../findings/finding";
import { githubReport } from "../findings/github";
import { jsonReport } from "../findings/json";
import { sarifReport } from "../findings/sarif";
import { textReport } from "../findings/text";
import { type Call, type Command, type ExitStatus, exitStatus, UsageError } from "../frame/command";
import { nearestName } from "../frame/nearest";
import { programVersion } from "../frame/version";
import { wrapped } from "../frame/wrap";
import { CheckedBefore, compiledSources } from "../stack/checkedBefore";
import { cachedTexts } from "../stack/fileTexts";
import { governedSchemas, projectFolder, projectMigrations, shownPath } from "../stack/project";

/** How a report is written; `of` is the folder that paths are relative to. */
const formats: Readonly<Record<string, (report: Report, call: Call) => string>> = {
  text: (report, { terminal }) => textReport(report, terminal.style),
  json: (report) => jsonReport(report),
  github: (report) => githubReport(report),
  azure: (report) => azurePipelinesReport(report),
  sarif: (report) => sarifReport(report, gateRules, programVersion()),
};

export const check: Command = {
  name: "check",
  summary: "Judge migration files by the rules of a tier, without a database",
  details: [
    "Without FILE all migrations of the folder are judged. With FILE only what concerns those files and their",
    "rollback files is shown; the others are read as what comes before them.",
    "What was found in a file that is the same since, behind the same files, is known from then (.build/checked).",
    "github and azure write annotations for GitHub Actions and Azure Pipelines. There, and in sarif, paths are relative",
    "to GITHUB_WORKSPACE, else to the project.",
  ],
  arguments: [
    { name: "FILE", summary: "a migration or rollback file", required: false, many: true },
  ],
  options: {
    tier: {
      value: "TIER",
      summary: "whose rules apply",
      choices: tiers,
      fallback: strictestTier,
    },
    format: {
      value: "FORMAT",
      summary: "how findings are written",
      choices: Object.keys(formats),
      fallback: "text",
    },
    folder: { value: "FOLDER", summary: "another folder of migrations than the project's" },
  },
  examples: [
    ["ddl check", "everything, as strictly as production asks"],
    ["ddl check --tier dev migrations/004_add_status.sql", "one migration while it is written"],
    ["ddl check --format github", "in a pull request: annotations beside the lines"],
  ],
  run,
};

async function run(call: Call): Promise<ExitStatus> {
  const tier = parseTier(call.text("tier") ?? strictestTier);
  const folder = await folderOf(call);
  const wanted = await wantedFiles(call, folder);
  const memory = new CheckedBefore(folder, compiledSources());
  const { migrations, repeatables, problems } = collect(await readSources(folder), memory.parse);
  const drafts = await draftsIn(folder, migrations, wanted);
  const scope = {
    repeatables,
    // Repeatable files are held to what is being written, too; nothing else is, so what is kept stays good.
    ...(repeatables.length === 0 ? {} : { drafts: drafts.map(({ draft }) => draft) }),
    schemas: await governedSchemas(tier),
    now: new Date(),
    ...(wanted === null ? {} : { judged: [...wanted] }),
  };
  const judged = (by: Tier): readonly Violation[] => [
    ...(problems.length > 0
      ? checkFiles(migrations, by, scope)
      : memory.judge(migrations, by, scope)),
    ...drafts.flatMap(({ draft, files }) => checkDraft(draft, files, by, scope)),
  ];
  const violations = judged(tier);
  const all = sortFindings([
    ...problems.map(findingOfProblem),
    ...violations.map(findingOfViolation),
  ]);
  const findings = all.filter(({ file }) => wanted === null || wanted.has(file));
  const format = call.text("format") ?? "text";
  const root =
    format === "text" ? call.folder : (call.environment["GITHUB_WORKSPACE"] ?? projectFolder());
  const report: Report = {
    tier,
    migrations: countMigrations(wanted, await sqlFiles(folder)),
    findings,
    pathOf: (file) => shownPath(root, join(folder, file)),
    textOf: cachedTexts(folder),
  };
  const write = formats[format];
  if (write === undefined) throw new Error(`there is no format ${format}`);
  call.terminal.print(write(report, call));
  if (format === "text" && tier !== strictestTier) {
    const concerns = ({ file }: Violation): boolean => wanted === null || wanted.has(file);
    const later = refusedLater(violations, judged(strictestTier)).filter(concerns);
    for (const line of laterLines(later, call.args)) call.terminal.print(line);
  }
  memory.save();
  const hasError = findings.some((finding: Finding) => finding.severity === "error");
  return hasError ? exitStatus.failed : exitStatus.fine;
}

/** A draft, and what comes before it. */
interface DraftInPlace {
  readonly draft: MigrationFile;
  readonly files: readonly MigrationFile[];
}

/** The files that are no whole migrations, as far as their statements can be read. */
async function draftsIn(
  folder: string,
  migrations: readonly MigrationFile[],
  wanted: ReadonlySet<string> | null,
): Promise<readonly DraftInPlace[]> {
  const whole = new Set(migrations.map(({ fileName }) => fileName));
  const names = (await sqlFiles(folder)).filter(
    (name) =>
      !isRollback(name) &&
      name !== samplesFile &&
      !whole.has(name) &&
      (wanted === null || wanted.has(name)),
  );
  if (names.length === 0) return [];
  // A file of another folder changes the database that the project's migrations make.
  const files =
    migrations.length > 0 ? migrations : (await loadMigrations(projectMigrations())).migrations;
  const last = files.at(-1)?.number ?? 0;
  const drafts = await Promise.all(
    names.map(async (name) =>
      parseDraft({ name, bytes: await readFile(join(folder, name)) }, numberOf(name) ?? last + 1),
    ),
  );
  return drafts.flatMap((draft) => (draft === null ? [] : [{ draft, files }]));
}

/** What a stricter tier refuses, and this one does not. */
function refusedLater(
  now: readonly Violation[],
  later: readonly Violation[],
): readonly Violation[] {
  const key = ({ file, line, rule, message }: Violation): string =>
    JSON.stringify([file, line, rule, message]);
  const errors = (all: readonly Violation[]): readonly Violation[] =>
    all.filter(({ severity }) => severity === "error");
  const refused = new Set(errors(now).map(key));
  return errors(later).filter((one) => !refused.has(key(one)));
}

/** Named by rule, with the files that they are about. */
function laterLines(later: readonly Violation[], args: readonly string[]): readonly string[] {
  if (later.length === 0) return [];
  const byRule = new Map<string, string[]>();
  for (const { rule, file, line } of later) {
    const place = line === null ? file : `${file}:${line}`;
    byRule.set(rule, [...(byRule.get(rule) ?? []), place]);
  }
  const named = 3;
  const lines = [...byRule].map(([rule, places]) => {
    const more = places.length - named;
    return `  ${rule}: ${places.slice(0, named).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  });
  const strict = tiers.filter((tier) => tierRules[tier].requiresSafeFiles).join(" and ");
  return [
    `${strict} would refuse ${counted(later.length, "more place")}:`,
    ...lines,
    `  In full: npx ddl check${args.length === 0 ? "" : ` ${args.join(" ")}`}`,
  ].flatMap((line) => wrapped(line));
}

const isRollback = (name: string): boolean => name.endsWith("_rollback.sql");

function countMigrations(wanted: ReadonlySet<string> | null, names: readonly string[]): number {
  return names.filter((name) => !isRollback(name) && (wanted?.has(name) ?? true)).length;
}

/** SQL files of a folder; a folder that cannot be read is reported by whoever loads the migrations. */
const sqlFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch((): string[] => [])).filter(isSqlFile);

/** The folder asked for; else that of the files named, else the project's. */
async function folderOf(call: Call): Promise<string> {
  const option = call.text("folder");
  if (option !== undefined) return resolve(call.folder, option);
  const folders = new Set(call.args.map((path) => dirname(resolve(call.folder, path))));
  const [first] = folders;
  if (folders.size > 1) {
    throw new UsageError(
      `The files lie in ${folders.size} folders.`,
      "name files of one folder: each is judged beside the others of its folder.",
    );
  }
  // A bare name that is not here is one of the project's migrations.
  const isBare = call.args.every((path) => basename(path) === path);
  const isHere = call.args.some((path) => existsSync(resolve(call.folder, path)));
  return Promise.resolve(first === undefined || (isBare && !isHere) ? projectMigrations() : first);
}

/** Names of the files asked for, each with its other half; null for all. */
async function wantedFiles(call: Call, folder: string): Promise<ReadonlySet<string> | null> {
  if (call.args.length === 0) return null;
  const present = await sqlFiles(folder);
  const names = call.args.map((path) => basename(path));
  for (const name of names) {
    if (present.includes(name)) continue;
    const near = nearestName(name, present);
    const where = shownPath(call.folder, folder) || ".";
    throw new UsageError(
      `There is no ${name} in ${where}.`,
      near === null ? "name .sql files of the migrations folder." : `did you mean ${near}?`,
    );
  }
  return new Set(
    names.flatMap((name) =>
      isRollback(name)
        ? [name, name.replace(/_rollback\.sql$/, ".sql")]
        : [name, rollbackNameOf(name)],
    ),
  );
}
