/**
 * Declares one Migration per file, each after the one before it.
 * Does NOT decide which files run: the survey did, and the gate's violations keep the pending ones out.
 */
import * as pulumi from "@pulumi/pulumi";

import type { MigrationFile } from "./engine/file";
import { describeStatements } from "./engine/preview";
import type { Survey } from "./engine/survey";
import { Migration } from "./provider";

export interface MigrationSetArgs {
  readonly survey: Survey;
}

export class MigrationSet extends pulumi.ComponentResource {
  /** One line per declared migration, as read back from the database. */
  readonly applied: pulumi.Output<string[]>;
  /** What must be done before anything that comes behind the migrations. */
  readonly last: pulumi.Resource | null;

  constructor(name: string, { survey }: MigrationSetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ddl:migrations:MigrationSet", name, {}, opts);
    const { files, plan, violations } = survey;
    const refused = violations.some(({ severity }) => severity === "error");
    const declared = refused ? plan.applied : [...plan.applied, ...plan.pending];
    const migrations: Migration[] = [];
    for (const file of [...declared].sort((a, b) => a.number - b.number)) {
      const previous = migrations.at(-1);
      migrations.push(
        new Migration(`migration-${String(file.number).padStart(3, "0")}`, inputsOf(file, files), {
          parent: this,
          retainOnDelete: true,
          ...(previous === undefined ? {} : { dependsOn: [previous] }),
        }),
      );
    }
    this.applied = pulumi.all(migrations.map((migration) => migration.applied));
    this.last = migrations.at(-1) ?? null;
    this.registerOutputs({ applied: this.applied });
  }
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
