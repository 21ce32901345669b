/**
 * Declares one Migration per file, each after the one before it.
 * Does NOT decide which files run: the survey did, and the gate's violations keep the pending ones out.
 */
import * as pulumi from "@pulumi/pulumi";

import type { MigrationFile } from "./engine/file";
import { describeStatements } from "./engine/preview";
import { type PublishedVersion, publishedVersions } from "./engine/promotion";
import type { Survey } from "./engine/survey";
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
  /** What must be done before anything that comes behind the migrations. */
  readonly last: pulumi.Resource | null;

  constructor(
    name: string,
    { survey, readBack }: MigrationSetArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ddl:migrations:MigrationSet", name, {}, opts);
    const { files, plan, violations, history } = survey;
    const refused = violations.some(({ severity }) => severity === "error");
    const declared = refused ? plan.applied : [...plan.applied, ...plan.pending];
    // What the survey read is the newest there is of versions that do not run: a resource that does not change keeps
    // its old outputs, and sign-offs come after it was applied.
    let versions = pulumi.output<Versions>(publishedVersions(history));
    let previous: Migration | null = null;
    for (const file of [...declared].sort((a, b) => a.number - b.number)) {
      const dependsOn = previous === null ? [] : [after(previous, versions)];
      const migration: Migration = new Migration(
        `migration-${String(file.number).padStart(3, "0")}`,
        inputsOf(file, files),
        { parent: this, retainOnDelete: true, dependsOn },
      );
      if (plan.pending.includes(file)) versions = migration.applied.apply(readBack);
      previous = migration;
    }
    this.versions = versions;
    this.last = previous;
    this.registerOutputs({});
  }
}

/** The migration, once what it did is published; in a preview, where that is unknown, at once. */
function after(migration: Migration, versions: pulumi.Output<Versions>): pulumi.Output<Migration> {
  if (pulumi.runtime.isDryRun()) return pulumi.output(migration);
  return versions.apply(() => migration);
}

function inputsOf(file: MigrationFile, files: readonly MigrationFile[]) {
  const { header, rollback } = file;
  return {
    file: file.fileName,
    version: header.version,
    ticket: header.ticket,
    author: header.author,
    reviewedBy: header.reviewedBy ?? "nobody yet",
    checksum: file.checksum,
    rollbackFile: rollback?.fileName ?? "none",
    rollbackChecksum: rollback?.checksum ?? "none",
    statements: describeStatements(file.segments),
    lower: files.filter(({ number }) => number < file.number).map((one) => one.header.version),
  };
}
