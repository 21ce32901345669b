/**
 * Privileges for a person: the table of who may do what, and the list of what deviates with what mends it. Pure.
 * Does NOT judge anything.
 */
import type { MatrixRow, PrivilegeMatrix } from "../../roles/compare/matrix";
import type { Deviation } from "../../roles/model";
import { printable, printableSql } from "../../stack/printable";
import { columns } from "../frame/columns";
import type { Style } from "../frame/terminal";

/** Deviations shown before the rest is only counted. */
const mostShown = 200;

/** What deviates, each with the statements that mend it. Empty where nothing does. */
export function driftText(deviations: readonly Pick<Deviation, "text" | "statements">[]): string {
  const rest = deviations.length - mostShown;
  return [
    ...deviations
      .slice(0, mostShown)
      .flatMap(({ text, statements }) => [
        `  ${printable(text)}`,
        ...statements.map((statement) => `      ${printableSql(statement)}`),
      ]),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ].join("\n");
}

/** What could not be mended, each with the server's reason and what an administrator must run. */
export function leftText(
  left: readonly { readonly deviation: Deviation; readonly reason: string }[],
): string {
  return left
    .flatMap(({ deviation: { text, statements }, reason }) => [
      `  ${printable(text)}`,
      ...statements.map((statement) => `      ${printableSql(statement)}`),
      `      ${printable(reason)}`,
    ])
    .join("\n");
}

/** Cells whose words come from the server. */
const names = (cells: readonly string[]): readonly string[] => cells.map(printable);

const cellsOf = ({ role, privileges, objects, kind, place }: MatrixRow): readonly string[] => {
  const what = objects === 1 ? kind : `${objects} ${kind}s`;
  return names([role, privileges.join(", "), `${what} ${objects === 1 ? "" : "of "}${place}`]);
};

/** The whole matrix. */
export function matrixText(matrix: PrivilegeMatrix, style: Style): string {
  const { database, postgresql, roles, rows, defaults, settings, drift, remarks } = matrix;
  const heading = (text: string): string => style.bold(text);
  return [
    `${database}, PostgreSQL ${postgresql}`,
    "",
    heading("Roles"),
    ...columns(
      roles.map(({ name, party, attributes, memberOf }) =>
        names([
          name,
          party,
          attributes.join(" "),
          memberOf.length === 0 ? "" : `member of ${memberOf.join(", ")}`,
        ]),
      ),
    ),
    "",
    heading("Privileges"),
    ...columns(rows.map(cellsOf)),
    "",
    heading("New objects are born with"),
    ...columns(
      defaults.map(({ creator, schema, kind, role, privileges }) =>
        names([
          role,
          privileges.join(", "),
          `${kindNames[kind] ?? kind} that ${creator} makes ${schema === null ? "anywhere" : `in ${schema}`}`,
        ]),
      ),
    ),
    "",
    ...(settings.length === 0
      ? []
      : [
          heading("Settings stored with them"),
          ...columns(
            settings.map(({ role, here, setting }) =>
              names([role ?? "the database", setting, here ? "" : "in every database"]),
            ),
          ),
          "",
        ]),
    ...(remarks.length === 0
      ? []
      : [heading("To be known"), ...remarks.map((r) => `  ${printable(r)}`), ""]),
    drift.length === 0
      ? style.green("All of this is as declared.")
      : `${style.red(`${drift.length} deviation(s) from what is declared:`)}\n${driftText(drift)}`,
  ].join("\n");
}

/** Letters of pg_default_acl. */
const kindNames: Readonly<Record<string, string>> = {
  r: "tables",
  S: "sequences",
  f: "functions",
  T: "types",
  n: "schemas",
  L: "large objects",
};
