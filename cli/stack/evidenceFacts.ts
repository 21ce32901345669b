/**
 * Gathers the facts of evidence: what git says of files, what each stack's database says of versions. Reads only.
 * Does NOT fail when git or a database cannot be asked: that is a fact too.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { MigrationFile } from "../../migrations/engine/files/file";
import { readHeaderLines } from "../../migrations/engine/files/headerLines";
import { ensureStamp } from "../../migrations/engine/history/stamp";
import { readEvents, readHistory } from "../../migrations/engine/ledger/ledger";
import { withClient } from "../../stack/connection";
import { tiers } from "../../stack/tier";
import { run as runProgram } from "../../toolchain/run";
import type { Call } from "../frame/command";
import type { Commit, GitFacts, MigrationFacts, StackFacts } from "../report/evidenceModel";
import { statementReports } from "../report/statementReport";
import { elsewhere, withStack } from "./below";
import { openStack, type Stack, stackIn, stackNames } from "./stack";

/** Facts of one migration. */
export async function migrationFacts(
  folder: string,
  file: MigrationFile,
  files: readonly MigrationFile[],
): Promise<MigrationFacts> {
  const { rollback } = file;
  return {
    file,
    git: await gitFacts(folder, file.fileName),
    rollbackGit: rollback === null ? null : await gitFacts(folder, rollback.fileName),
    warning: rollback === null ? null : await warningOf(join(folder, rollback.fileName)),
    sql: await readFile(join(folder, file.fileName), "utf8"),
    rollbackSql: rollback === null ? null : await readFile(join(folder, rollback.fileName), "utf8"),
    statements: statementReports(file, files),
  };
}

async function warningOf(path: string): Promise<string | null> {
  const { entries } = readHeaderLines(await readFile(path, "utf8"));
  const entry = entries.find(({ name }) => name === "WARNING");
  const text = [entry?.value ?? "", ...(entry?.bullets ?? []).map(({ value }) => value)];
  return text.join(" ").trim() || null;
}

/** Fields of a commit, apart by a character that no name holds. */
const commitFormat = "--format=%h%x1f%an%x1f%as";

async function gitFacts(folder: string, name: string): Promise<GitFacts | null> {
  const git = (...args: readonly string[]) => runProgram("git", args, { cwd: folder });
  // Not --follow: migrations are so much alike that git takes a new one for another's copy, and names its commits.
  const commits = await git("log", commitFormat, "--", name);
  const state = await git("status", "--porcelain", "--", name);
  if (commits.status !== 0 || state.status !== 0) return null;
  const lines = commits.stdout.split("\n").filter(Boolean).map(parseCommit);
  return {
    added: lines.at(-1) ?? null,
    changed: lines[0] ?? null,
    isDirty: state.stdout.trim() !== "",
  };
}

function parseCommit(text: string): Commit {
  const [hash = "", author = "", date = ""] = text.split("\u001f");
  return { hash, author, date };
}

/** What each stack of the project says, in the order of promotion. */
export async function stackFacts(call: Call): Promise<readonly StackFacts[]> {
  const named = call.text("stack");
  const others = elsewhere(call.environment);
  const names = call.flag("sandbox") ? tiers : await stackNames();
  const facts = await Promise.all(
    names.map((name) =>
      factsOf(name, () => {
        if (call.flag("sandbox")) return openStack(withStack(call, name));
        return stackIn(name, name === named ? call.environment : others);
      }),
    ),
  );
  const rank = ({ tier }: StackFacts): number =>
    tier === null ? tiers.length : tiers.indexOf(tier);
  return [...facts].sort((a, b) => rank(a) - rank(b));
}

async function factsOf(name: string, open: () => Promise<Stack>): Promise<StackFacts> {
  const reasonOf = (error: unknown): string =>
    (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  let stack: Stack;
  try {
    stack = await open();
  } catch (error) {
    return { stack: name, tier: null, windows: null, reached: false, reason: reasonOf(error) };
  }
  const { access } = stack;
  const { tier, run } = access.settings;
  const { windows } = run;
  const purpose = { account: "admin", activity: "evidence", readOnly: true } as const;
  try {
    return await withClient(access, purpose, async (client) => {
      const { stamp, versions } = await readHistory(client);
      const events = await readEvents(client);
      const empty = stamp === null && versions.length === 0;
      ensureStamp(access.settings, stamp, { empty, adopt: null });
      return { stack: name, tier, windows, reached: true, versions, events };
    });
  } catch (error) {
    return { stack: name, tier, windows, reached: false, reason: reasonOf(error) };
  }
}
