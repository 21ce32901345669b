/**
 * The program's own pre-flight where it is asked for: before a run, where it may refuse; before a rollback, where it seldom
 * does; in a look ahead, for all files at once, where it only says what would be so.
 * Does NOT read or judge facts itself (see serverFacts.ts, preflight.ts).
 */
import { type Client, DatabaseError } from "pg";

import { MigrationError } from "../../../stack/errors";
import type { RoleSettings } from "../../../stack/settings";
import type { MigrationFile } from "../files/file";
import { impactsAmong, rollbackImpactsAmong } from "../impact/classify";
import type { StatementImpact } from "../impact/impact";
import type { RunSession } from "../server/session";
import {
  formatFinding,
  judgeServer,
  type Needs,
  needsOf,
  needsOfRollback,
  PreflightError,
  refusesRollback,
  type ServerFacts,
} from "./preflight";
import { type PreflightPreview, previewOf } from "./preflightPreview";
import { type GeneralFacts, readGeneralFacts, readRelations, readServerFacts } from "./serverFacts";

/** Who asks, and who is told of warnings. */
type Asking = Pick<RunSession, "access" | "beside" | "log">;

/** A run asks again for what is the same for all of its migrations when it is older than this. Milliseconds. */
const longestAgeMs = 1_000;

const lastFacts = new WeakMap<
  Asking["beside"],
  { readonly at: number; readonly facts: GeneralFacts }
>();

/** Asks as the admin, who sees most. */
async function askServer({ access, beside }: Asking, needs: Needs): Promise<ServerFacts> {
  const { roles } = access.settings;
  const client = await beside.client();
  let last = lastFacts.get(beside);
  if (last === undefined || Date.now() - last.at > longestAgeMs) {
    last = { at: Date.now(), facts: await readGeneralFacts(client, roles) };
    lastFacts.set(beside, last);
  }
  return { ...last.facts, relations: await readRelations(client, roles, needs) };
}

/**
 * Looks whether the server is fit for a migration. Warnings go to the log.
 *
 * @throws {PreflightError} it is not.
 */
export async function checkServer(
  session: Asking,
  { fileName, header }: Pick<MigrationFile, "fileName" | "header">,
  impacts: readonly StatementImpact[],
): Promise<void> {
  const needs = needsOf(header, impacts);
  const findings = judgeServer(await askServer(session, needs), needs);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new PreflightError(fileName, errors);
  for (const finding of findings) session.log(`pre-flight: ${formatFinding(finding)}`);
}

/**
 * The same before a rollback. It is often run because things are bad: what would refuse a migration is said, and refuses
 * only where nothing could be written anyway; and that the server cannot be asked is no reason to stay.
 *
 * @throws {PreflightError} the server takes no writes.
 */
export async function checkServerForRollback(
  session: Asking,
  fileName: string,
  impacts: readonly StatementImpact[],
): Promise<void> {
  const { log } = session;
  const needs = needsOfRollback(impacts);
  let facts: ServerFacts;
  try {
    facts = await askServer(session, needs);
  } catch (error) {
    log(`pre-flight: the server could not be asked: ${firstLine(error)}`);
    return;
  }
  const findings = judgeServer(facts, needs);
  const refusing = findings.filter(refusesRollback);
  if (refusing.length > 0) throw new PreflightError(fileName, refusing);
  for (const finding of findings) log(`pre-flight: ${formatFinding(finding)}`);
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** A look ahead waits so long for a lock: PgSTAC keeps its version in a table. */
const patienceMs = 1_000;

/** What would run, and the files that say what it finds. */
export interface Ahead {
  readonly files: readonly MigrationFile[];
  readonly pending: readonly MigrationFile[];
  readonly toRollBack: readonly MigrationFile[];
}

/**
 * Looks ahead for all files at once, with the same few queries however many there are. Never fails: what could not be
 * read is said. Null when nothing is to run. The client is one of the admin's, outside of a transaction.
 */
export async function previewServer(
  client: Client,
  roles: RoleSettings,
  { files, pending, toRollBack }: Ahead,
): Promise<PreflightPreview | null> {
  if (pending.length + toRollBack.length === 0) return null;
  const needsOfFiles = [...pending, ...toRollBack].map((file) =>
    toRollBack.includes(file)
      ? {
          fileName: file.rollback?.fileName ?? file.fileName,
          needs: needsOfRollback(rollbackImpactsAmong(files, file).impacts),
          isRollback: true,
        }
      : {
          fileName: file.fileName,
          needs: needsOf(file.header, impactsAmong(files, file).impacts),
          isRollback: false,
        },
  );
  const all = needsOfFiles.flatMap(({ needs }) => needs.locks);
  try {
    await client.query("SELECT set_config('lock_timeout', $1, false)", [`${patienceMs}ms`]);
    const none = needsOfRollback([]);
    const facts = await readServerFacts(client, roles, { ...none, locks: all });
    return previewOf(facts, needsOfFiles);
  } catch (error) {
    if (!(error instanceof DatabaseError) && !(error instanceof MigrationError)) throw error;
    return { kind: "not looked", reason: firstLine(error) };
  }
}
