/**
 * A draft from what a database has and its files do not, as the change of a new migration, and what is said of it. Pure.
 * Does NOT write SQL (see migrations/engine/differences) or try it (see migrations/engine/proof/draft.ts).
 */
import type { Statement } from "../../migrations/engine/differences/statement";
import type { Draft, Unwritten } from "../../migrations/engine/proof/draft";
import { printable } from "../../stack/printable";
import type { Change } from "./change";

const texts = (statements: readonly Statement[], isAlone: boolean): readonly string[] =>
  statements.filter(({ alone }) => (alone === true) === isAlone).map(({ sql }) => sql);

/** `dagapp` of `table dagapp.jobs: column note`; quoted schemas are left to the person. */
const schemaOf = (name: string): readonly string[] => {
  const found = /^(?:[a-z]+ )+([a-z_][a-z0-9_$]*)\./.exec(name);
  return found?.[1] === undefined ? [] : [found[1]];
};

const unwrittenLine = ({ name, reason }: Unwritten): string => printable(`${name}: ${reason}`);

/** A first line may be cut by nothing, so long texts go on as they are. */
const loss = (sql: string): string => printable(sql.split("\n")[0] ?? "");

export function changeOf(draft: Draft): Change {
  const { forward, back, looks, written, unwritten, notTakenBack } = draft;
  const losing = back.filter(({ drops }) => drops === true).map(({ sql }) => loss(sql));
  return {
    together: texts(forward, false),
    alone: texts(forward, true),
    backTogether: texts(back, false),
    backAlone: texts(back, true),
    looks,
    schemas: [...new Set(written.flatMap(schemaOf))],
    remarks: [
      "Written from what the database has and the files before did not:",
      ...written.map((name) => `- ${printable(name)}`),
      ...(unwritten.length === 0 ? [] : ["Not written, and still different:"]),
      ...unwritten.map((one) => `- ${unwrittenLine(one)}`),
    ],
    losses: [...losing, ...notTakenBack.map((one) => `Not taken back: ${unwrittenLine(one)}`)],
  };
}

/** What came of it, for a person. */
export function draftText({ written, unwritten, notTakenBack }: Draft, stack: string): string {
  if (written.length + unwritten.length === 0) {
    return `Nothing differs between ${stack} and its files: no file is written.`;
  }
  const list = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
  return [
    ...list("Written, and tried in a scratch database:", written.map(printable)),
    ...list("Not written: a person does it:", unwritten.map(unwrittenLine)),
    ...list("Not taken back by the rollback:", notTakenBack.map(unwrittenLine)),
  ].join("\n");
}
