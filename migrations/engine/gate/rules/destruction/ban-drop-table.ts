/**
 * Gate rule ban-drop-table: its texts, its examples, and what it finds.
 * Does NOT cover DROP SCHEMA, which no migration may hold at all (see reach/forbidden.ts).
 */
import { sqlName } from "../../../sql/sqlText";
import { markStatement, missingDelay } from "../../input/dropEvidence";
import type { RuleFinding } from "../../input/gateRule";
import { oldDrops } from "../../input/oldRows";
import { placedOfKind, sameName, type Subject } from "../../input/subject";
import { atStatement, backupNamed, fileRule } from "../fileRule";

export const banDropTable = fileRule({
  id: "ban-drop-table",
  problem: "A table is dropped at once, or without a backup.",
  why: "its rows are gone, and who still uses it finds out too late.",
  instead:
    "set it apart in an earlier migration, by COMMENT ON TABLE … IS 'drop after 2026-05-01: why' or by another name (RENAME TO); " +
    "wait (7 days in uat and prod); name the backup in the header.",
  source: "Policy, High-Risk Operations: DROP TABLE: backup verification, delayed drop",
  exception: backupNamed,
  bad: {
    body: "DROP TABLE dagapp.notes;",
    rollback: "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER, body TEXT);",
  },
  good: {
    before: "COMMENT ON TABLE dagapp.notes IS 'drop after 2026-01-15: replaced by dagapp.tasks';",
    header: { "Backup reference": "vault/2026-02-01/dagapp.notes.dump" },
    body: "DROP TABLE dagapp.notes;",
    rollback:
      "CREATE TABLE IF NOT EXISTS dagapp.notes (note_id INTEGER, body TEXT);\n" +
      "COMMENT ON TABLE dagapp.notes IS 'drop after 2026-01-15: replaced by dagapp.tasks';",
  },
  find: (subject) => [
    ...oldChildren(subject),
    ...placedOfKind(subject.placedOperations, "drop").flatMap((placed) =>
      placed.operation.objects
        .filter(
          (object) => /^(foreign )?table$/.test(object.kind) && !subject.isNew(object, placed),
        )
        .flatMap((table) => {
          const hasBackup = subject.file.header.rollback.backupReference !== null;
          const delay = missingDelay(subject, table);
          if (delay === null && hasBackup) return [];
          const waits = delay?.waits ?? null;
          const missing = [
            ...(delay === null ? [] : [delay.text]),
            ...(hasBackup ? [] : ["the header names no backup"]),
          ];
          const remedies = [
            ...(delay === null
              ? []
              : [
                  waits === null
                    ? `in an earlier migration: ${markStatement(subject, table)}`
                    : `wait ${waits}.`,
                ]),
            ...(hasBackup
              ? []
              : ["in the header, under ROLLBACK: - Backup reference: where the backup is."]),
          ];
          const finding = atStatement(
            placed,
            `DROP TABLE ${sqlName(table)}: ${missing.join("; ")}.`,
            remedies.join(" "),
          );
          return [waits !== null && hasBackup ? { ...finding, waits } : finding];
        }),
    ),
  ],
});

/** Tables that go because what the file itself made is above them. */
function oldChildren(subject: Subject): readonly RuleFinding[] {
  const named = placedOfKind(subject.placedOperations, "drop").flatMap((placed) =>
    placed.operation.objects.map((object) => ({ object, placed })),
  );
  return oldDrops(subject)
    .filter(
      ({ item, placed }) =>
        !named.some(
          (one) =>
            one.placed.statement === placed.statement &&
            (sameName(one.object, item) || !subject.isNew(one.object, one.placed)),
        ),
    )
    .map(({ placed, item }) =>
      atStatement(
        placed,
        `${placed.statement.kind} takes ${sqlName(item)} along, which was there before.`,
        `before it, take it from its parent: NO INHERIT, or DETACH PARTITION.`,
      ),
    );
}
