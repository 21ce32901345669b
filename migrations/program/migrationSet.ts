/**
 * Declares one Migration per file: those that stay or come, each after the one before it, and behind those that go back,
 * newest first.
 * Does NOT decide which files run: the survey did, and the gate's violations keep the pending ones out.
 */
import * as pulumi from "@pulumi/pulumi";

import type { MigrationInputs } from "../engine/entry";
import { filesBelow, inOrder } from "../engine/files/collection";
import type { MigrationFile } from "../engine/files/file";
import { describeStatements } from "../engine/files/statementLines";
import { limitsText, noTimeLimits } from "../engine/files/timeLimits";
import { holdsRollbacks } from "../engine/gate/goingBack";
import { type PublishedVersion, publishedVersions } from "../engine/history/promotion";
import type { Survey } from "../engine/survey/survey";
import { Migration } from "./provider";

type Versions = readonly PublishedVersion[];

export interface MigrationSetArgs {
  readonly survey: Survey;
  /** Called after each migration that ran: reads the database again and publishes what it says. */
  readonly readBack: () => Promise<Versions>;
}

export class MigrationSet extends pulumi.ComponentResource {
  /** What the database says of each applied version, once everything has run. Unknown in a preview that would run some. */
  readonly versions: pulumi.Output<Versions>;

  constructor(
    name: string,
    { survey, readBack }: MigrationSetArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ddl:migrations:MigrationSet", name, {}, opts);
    const { plan, history } = survey;
    const { goingBack, staying } = declaredFiles(survey);
    // What the survey read is the newest there is of versions that do not run: a resource that does not change keeps
    // its old outputs, and sign-offs come after it was applied.
    let versions = pulumi.output<Versions>(publishedVersions(history));
    const declared: Migration[] = [];
    const declare = (file: MigrationFile, goal: MigrationInputs["goal"]): void => {
      const previous = declared.at(-1);
      const dependsOn = previous === undefined ? [] : [after(previous, versions)];
      const migration = new Migration(
        `migration-${String(file.number).padStart(3, "0")}`,
        inputsOf(file, survey, goal),
        { parent: this, retainOnDelete: true, dependsOn },
      );
      const runs = plan.pending.includes(file) || plan.toRollBack.includes(file);
      if (runs) versions = migration.applied.apply(readBack);
      declared.push(migration);
    };
    for (const file of goingBack) declare(file, "rolled back");
    for (const file of staying) declare(file, "applied");
    this.versions = versions;
    this.registerOutputs({});
  }
}

/** The migration, once what it did is published; in a preview, where that is unknown, at once. */
function after(migration: Migration, versions: pulumi.Output<Versions>): pulumi.Output<Migration> {
  if (pulumi.runtime.isDryRun()) return pulumi.output(migration);
  return versions.apply(() => migration);
}

/** Newest first, and lowest first. What was rolled back above the target stays declared: nothing happens to it. */
function declaredFiles({ files, history, plan, violations }: Survey): {
  readonly goingBack: readonly MigrationFile[];
  readonly staying: readonly MigrationFile[];
} {
  const rolledBack = new Set(
    history.versions.filter(({ status }) => status === "rolled back").map(({ version }) => version),
  );
  const refused = violations.some(({ severity }) => severity === "error");
  const kept = holdsRollbacks(violations);
  const isGone = (file: MigrationFile): boolean =>
    plan.held.includes(file) && rolledBack.has(file.header.version);
  const isGoing = (file: MigrationFile): boolean => plan.toRollBack.includes(file);
  const stays = (file: MigrationFile): boolean =>
    plan.applied.includes(file) || (!refused && plan.pending.includes(file));
  const ordered = inOrder(files);
  return {
    goingBack: ordered.filter((file) => isGone(file) || (!kept && isGoing(file))).reverse(),
    staying: ordered.filter((file) => stays(file) && (kept || !isGoing(file))),
  };
}

/**
 * What is shown of a migration that runs, and what the provider holds it to. Of a thousand that are applied each would have
 * to be parsed, and would name all others, at every preview.
 */
function planOf(
  file: MigrationFile,
  { files, plan }: Survey,
  goal: MigrationInputs["goal"],
): Pick<MigrationInputs, "statements" | "lower" | "higher"> {
  const runs = plan.pending.includes(file) || plan.toRollBack.includes(file);
  if (!runs) return { statements: [], lower: [], higher: [] };
  const versions = (some: readonly MigrationFile[]): readonly string[] =>
    some.map((one) => one.header.version);
  const segments = goal === "applied" ? file.segments : (file.rollback?.segments ?? []);
  return {
    statements: describeStatements(segments),
    lower: versions(filesBelow(files, file.number)),
    higher: versions(files.filter(({ number }) => number > file.number)),
  };
}

function inputsOf(
  file: MigrationFile,
  survey: Survey,
  goal: MigrationInputs["goal"],
): MigrationInputs {
  const { losses, tickets } = survey;
  const { header, rollback } = file;
  const [ticketOfRun = header.ticket] = tickets;
  const running = goal === "applied" ? header : rollback?.header;
  const limits = limitsText(running?.limits ?? noTimeLimits);
  return {
    goal,
    file: file.fileName,
    version: header.version,
    ticket: goal === "applied" || tickets.includes(header.ticket) ? header.ticket : ticketOfRun,
    author: header.author,
    reviewedBy: header.reviewedBy ?? "nobody yet",
    checksum: file.checksum,
    rollbackFile: rollback?.fileName ?? "none",
    rollbackChecksum: rollback?.checksum ?? "none",
    dataRecovery: header.rollback.dataRecovery,
    ...(limits === "" ? {} : { limits }),
    ...planOf(file, survey, goal),
    wouldLose: losses.get(file.fileName) ?? [],
  };
}
