/**
 * Many small changes, and what it takes to let a tool make them: shared by the benchmarks that count files.
 * Does NOT measure.
 */
import { join } from "node:path";

import type { PostgresServer } from "../../sandbox/server";
import type { ProgramDatabase } from "../../test/support/servers/programDatabase";
import type { Change, Form } from "./folders";
import { prepareTool } from "./process";
import type { Ended, Task } from "./task";

const changeOf = (number: number): Change => ({
  number,
  name: `table_${number}`,
  sql: `CREATE TABLE dagapp.t${number} (id INTEGER PRIMARY KEY);`,
  undo: `DROP TABLE IF EXISTS dagapp.t${number};`,
  tables: [`t${number}`],
  transactional: true,
});

/** Each makes one small table. */
export const smallChanges = (count: number): readonly Change[] =>
  Array.from({ length: count }, (_, index) => changeOf(index + 1));

/**
 * @param place  Folder below which each form and size has one of its own.
 * @param other  The database of the other tools, where that is another one.
 */
export async function taskOf(
  server: PostgresServer,
  database: ProgramDatabase,
  form: Form,
  place: string,
  other: ProgramDatabase = database,
): Promise<Task> {
  const { settings, access, names } = database;
  return {
    ...{ form, folder: join(place, form.replace(/ /g, "-")), transactional: true },
    login: {
      ...{ host: server.host, port: server.port, database: other.settings.server.database },
      ...{ user: server.superuser.name, password: server.superuser.password },
    },
    stack: { settings, password: (await access.passwordOf("admin", names.admin)) ?? "" },
  };
}

/**
 * Lets the tool do its work in a process of its own.
 *
 * @throws {Error} it failed; the message is the tool's.
 */
export async function letRun(task: Task): Promise<Ended> {
  const ended = await (await prepareTool(task)).go();
  if (!ended.ok) throw new Error(`${task.form}: ${ended.error}`);
  return ended;
}
