/**
 * Gate rule server-refuses: its texts, its examples, and what it finds.
 * Does NOT cover what the rules beside it do.
 */
import { enumMistakes, refreshMistake } from "../../../impact/mistakes";
import { always } from "../../input/gateRule";
import { partitionSteps } from "../../input/partitionedIndex";
import { placedOperationOf } from "../../input/subject";
import { atStatement, docs, fileRule } from "../fileRule";

const besideIt =
  "make a new view beside it with the same query and indexes, and let it take the name in one transaction (drop, rename).";

export const serverRefuses = fileRule({
  id: "server-refuses",
  severity: always,
  problem:
    "A statement that PostgreSQL refuses where it stands: CONCURRENTLY on a partitioned table, beside a DEFAULT partition, in a DO block; REFRESH … CONCURRENTLY.",
  why: "the run would stop there, with what came before it kept.",
  instead:
    "on a partitioned table: CREATE INDEX ON ONLY it, then CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION.",
  source: docs("sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"),
  bad: {
    header: { "Tables affected": "dagapp.events, dagapp.events_2025" },
    body: "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_events_id ON dagapp.events (event_id);",
    rollback: "DROP INDEX IF EXISTS dagapp.idx_events_id;",
  },
  good: {
    body:
      "CREATE INDEX IF NOT EXISTS idx_events_id ON ONLY dagapp.events (event_id);\n" +
      "CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_events_2025_id ON dagapp.events_2025 (event_id);\n" +
      "ALTER INDEX dagapp.idx_events_id ATTACH PARTITION dagapp.idx_events_2025_id;",
    rollback: "DROP INDEX IF EXISTS dagapp.idx_events_id;",
  },
  find: (subject) =>
    subject.impacts.flatMap((impact) => {
      const placed = placedOperationOf(subject, impact.statement);
      if (placed === undefined) return [];
      const ofEnums = enumMistakes(placed.segment).get(impact.statement) ?? [];
      return impact.mistakes
        .filter((mistake) => !ofEnums.includes(mistake))
        .map((mistake) =>
          atStatement(
            placed,
            `${mistake}.`,
            mistake === refreshMistake
              ? besideIt
              : (partitionSteps(subject, placed) ?? "run it in another place."),
          ),
        );
    }),
});
