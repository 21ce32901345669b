/**
 * `ddl check`: judges migration files by the rules of a tier. Needs no database.
 * Does NOT know what is applied where: what depends on that, `ddl plan` judges.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { rollbackNameOf } from "../../migrations/engine/files/header";
import { checkFiles } from "../../migrations/engine/gate/fileCheck";
import { gateRules } from "../../migrations/engine/gate/gateRules";
import { loadMigrations } from "../../migrations/engine/survey/load";
import { parseTier, strictestTier, tiers } from "../../stack/tier";
import { azurePipelinesReport } from "../findings/azurePipelines";
import {
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
  const { migrations, problems } = await loadMigrations(folder);
  const scope = {
    schemas: await governedSchemas(tier),
    now: new Date(),
    ...(wanted === null ? {} : { judged: [...wanted] }),
  };
  const all = sortFindings([
    ...problems.map(findingOfProblem),
    ...checkFiles(migrations, tier, scope).map(findingOfViolation),
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
  const hasError = findings.some((finding: Finding) => finding.severity === "error");
  return hasError ? exitStatus.failed : exitStatus.fine;
}

const isRollback = (name: string): boolean => name.endsWith("_rollback.sql");

function countMigrations(wanted: ReadonlySet<string> | null, names: readonly string[]): number {
  return names.filter((name) => !isRollback(name) && (wanted?.has(name) ?? true)).length;
}

/** SQL files of a folder; a folder that cannot be read is reported by whoever loads the migrations. */
const sqlFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch((): string[] => [])).filter((name) => name.endsWith(".sql"));

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
