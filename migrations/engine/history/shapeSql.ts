/**
 * The statement that mends one difference of a table's shape, for whoever owns it. Pure.
 * Does NOT run anything: this program never changes a ledger that exists.
 */

/** `column <name> <type>[ NOT NULL][ GENERATED …][ DEFAULT …]`, as describeTable (ledger.ts) prints it. */
const columnForm =
  /^column (\S+) (.+?)( NOT NULL)?( GENERATED ALWAYS AS IDENTITY)?(?: DEFAULT (.+))?$/s;

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
}

function columnOf(line: string): Column | null {
  const found = columnForm.exec(line);
  if (found === null) return null;
  const [, name = "", type = "", notNull, , value] = found;
  return { name, type, notNull: notNull !== undefined, default: value ?? null };
}

/** Makes a column that is there as it should be. */
function changeColumn(table: string, is: Column, should: Column): readonly string[] {
  const alter = (text: string): string =>
    `ALTER TABLE ${table} ALTER COLUMN ${should.name} ${text}`;
  return [
    ...(is.type === should.type
      ? []
      : [alter(`TYPE ${should.type} USING ${should.name}::${should.type}`)]),
    ...(is.default === should.default
      ? []
      : [alter(should.default === null ? "DROP DEFAULT" : `SET DEFAULT ${should.default}`)]),
    ...(is.notNull === should.notNull
      ? []
      : [alter(`${should.notNull ? "SET" : "DROP"} NOT NULL`)]),
  ];
}

const missing = "missing: ";
const unexpected = "unexpected: ";

/** What stands behind a word in each line. */
const starting = (lines: readonly string[], word: string): readonly string[] =>
  lines.flatMap((line) => (line.startsWith(word) ? [line.slice(word.length)] : []));

/**
 * Statements that make the table as it should be, as far as one can be written: a constraint or an index is told by what
 * it does and not by its name, so one that should not be there is for a person to drop.
 *
 * @param table  With its schema: `public.schema_migrations`.
 * @param lines  Its differences, as compareShape tells them.
 * @param owner  Whose it should be, quoted.
 */
export function shapeStatements(
  table: string,
  lines: readonly string[],
  owner: string,
): readonly string[] {
  const [wanted, found] = [starting(lines, missing), starting(lines, unexpected)];
  const columns = found.flatMap((line) => columnOf(line) ?? []);
  return [
    ...(found.some((line) => line.startsWith("owner "))
      ? [`ALTER TABLE ${table} OWNER TO ${owner}`]
      : []),
    ...wanted.flatMap((line): readonly string[] => {
      const column = columnOf(line);
      if (column !== null) {
        const is = columns.find(({ name }) => name === column.name);
        return is === undefined
          ? [`ALTER TABLE ${table} ADD ${line.replace(/^column/, "COLUMN")}`]
          : changeColumn(table, is, column);
      }
      const constraint = starting([line], "constraint ")[0];
      if (constraint !== undefined) return [`ALTER TABLE ${table} ADD ${constraint}`];
      const index = /^index (UNIQUE )?(USING .+)$/s.exec(line);
      return index === null ? [] : [`CREATE ${index[1] ?? ""}INDEX ON ${table} ${index[2] ?? ""}`];
    }),
    ...found.flatMap((line): readonly string[] => {
      const column = columnOf(line);
      if (column !== null) {
        const isWanted = wanted.some((one) => columnOf(one)?.name === column.name);
        return isWanted ? [] : [`ALTER TABLE ${table} DROP COLUMN ${column.name}`];
      }
      const trigger = starting([line], "trigger ")[0];
      if (trigger !== undefined) return [`DROP TRIGGER "${trigger}" ON ${table}`];
      return line.startsWith("lost in a crash") ? [`ALTER TABLE ${table} SET LOGGED`] : [];
    }),
  ];
}
