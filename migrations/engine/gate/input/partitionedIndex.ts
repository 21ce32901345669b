/**
 * How an index gets onto a partitioned table that is in use: ON ONLY, CONCURRENTLY on each partition, ATTACH.
 * Does NOT judge (see the rules).
 */
import { quoted, sqlName } from "../../sql/sqlText";
import { indexName } from "../../statements/generatedNames";
import type { PlacedOperation } from "./placedOperation";
import type { Subject } from "./subject";

/** The statements with the names of this case; null when the placed operation makes no index on a partitioned table. */
export function partitionSteps(
  subject: Subject,
  { operation, statement }: PlacedOperation,
): string | null {
  if (operation.kind !== "create index") return null;
  const table = subject.before.relation(operation.table);
  if (table?.partitionKey == null) return null;
  const { schema } = operation.table;
  const name = operation.name ?? indexName(operation.table.name, operation.keys);
  const rest = /\bON\s+(?:ONLY\s+)?(?:"[^"]*"|[\w$]+)(?:\.(?:"[^"]*"|[\w$]+))?\s*(.*)$/is.exec(
    statement.text,
  )?.[1];
  const head = `CREATE ${operation.unique ? "UNIQUE " : ""}INDEX`;
  if (rest === undefined) return null;
  const definition = rest.replace(/\s+/g, " ").trim();
  const leaves = subject.before
    .family(table)
    .filter(({ partitionKey }) => partitionKey === null)
    .map(({ ref }) => ref);
  const each = leaves.flatMap((leaf) => {
    const own = indexName(leaf.name, operation.keys);
    return [
      `${head} CONCURRENTLY IF NOT EXISTS ${quoted(own)} ON ${sqlName(leaf)} ${definition};`,
      `ALTER INDEX ${sqlName({ schema, name })} ATTACH PARTITION ${sqlName({ schema: leaf.schema, name: own })};`,
    ];
  });
  return [
    `${head} IF NOT EXISTS ${quoted(name)} ON ONLY ${sqlName(operation.table)} ${definition};`,
    ...each,
  ].join(" ");
}
