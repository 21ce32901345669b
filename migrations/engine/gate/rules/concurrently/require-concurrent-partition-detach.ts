/**
 * Gate rule require-concurrent-partition-detach: its texts, its examples, and what it finds.
 * Does NOT cover CONCURRENTLY inside BEGIN … COMMIT: such a file is not read at all (NOT_TRANSACTIONAL).
 */
import { sqlName } from "../../../sql/sqlText";
import { placedOfKind } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

export const requireConcurrentPartitionDetach = fileRule({
  id: "require-concurrent-partition-detach",
  problem: "DETACH PARTITION without CONCURRENTLY.",
  why: "it locks the whole partitioned table against all use, and waits for everybody in it first.",
  instead: "DETACH PARTITION … CONCURRENTLY, behind the COMMIT.",
  source: `Policy, Review: Lock escalation risks; ${docs("sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION")}`,
  exception: "reason",
  bad: {
    body: "ALTER TABLE dagapp.events DETACH PARTITION dagapp.events_2025;",
    rollback:
      "ALTER TABLE dagapp.events ATTACH PARTITION dagapp.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
  },
  good: {
    body: "ALTER TABLE dagapp.events DETACH PARTITION dagapp.events_2025 CONCURRENTLY;",
    rollback:
      "ALTER TABLE dagapp.events ATTACH PARTITION dagapp.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');\n" +
      // What DETACH CONCURRENTLY leaves behind.
      "ALTER TABLE dagapp.events_2025 DROP CONSTRAINT IF EXISTS events_2025_happened_check;",
  },
  find: (subject) =>
    placedOfKind(subject.placedOperations, "alter table").flatMap((placed) => {
      const { command, table } = placed.operation;
      if (command.kind !== "detach partition" || command.mode !== "plain") return [];
      if (subject.isNew(table, placed)) return [];
      const partition = sqlName(command.partition);
      return [
        atStatement(
          placed,
          `DETACH PARTITION ${partition} locks ${sqlName(table)} against all use.`,
          `behind the COMMIT: ALTER TABLE ${sqlName(table)} DETACH PARTITION ${partition} CONCURRENTLY;`,
        ),
      ];
    }),
});
