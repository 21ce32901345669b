/**
 * Makes an attempt in a session of its own and tells how it ended and what it left behind.
 * Does NOT judge the ending (see test/database/roles/attacks.test.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";

import { type Client, escapeIdentifier } from "pg";

import { errorCode } from "../../../stack/connection";
import { attemptAlone, works } from "../privileges/attempt";
import type { Login, ProgramDatabase } from "../servers/programDatabase";
import { differences, lastWrite, wholeState } from "../servers/wholeState";
import type { Attack, Attacker } from "./attack";

/** What came of an attempt. */
export interface Ending {
  /** SQLSTATE of each statement that was run, in order; none is run behind one that fails. */
  readonly codes: readonly string[];
  /** SQLSTATEs of the warnings that came, each once. */
  readonly warnings: readonly string[];
}

/** A database that is attacked, and what it looks like while nobody attacks. */
export class Target {
  private constructor(
    readonly database: ProgramDatabase,
    private readonly superuser: Client,
    private whole: readonly string[],
    private write: string,
  ) {}

  static async of(database: ProgramDatabase): Promise<Target> {
    const superuser = await database.connect("superuser");
    return new Target(database, superuser, await wholeState(superuser), await lastWrite(superuser));
  }

  /** Puts real names in place of `{service}` (quoted) and `{=service}` (bare). */
  named(text: string): string {
    const { names, settings } = this.database;
    const bare: Readonly<Record<string, string>> = {
      ...names,
      infra: settings.roles.infrastructure,
      database: settings.server.database,
      port: String(settings.server.port),
    };
    return text.replace(/\{(=?)(\w+)\}/g, (whole, plain: string, key: string) => {
      const name = bare[key];
      if (name === undefined) throw new Error(`${whole} stands for nothing`);
      return plain === "" ? escapeIdentifier(name) : name;
    });
  }

  /** Runs statements as a superuser. */
  async arrange(statements: readonly string[]): Promise<void> {
    for (const sql of statements) await this.superuser.query(this.named(sql));
  }

  /** What is not as it was when nobody had attacked. */
  async changes(): Promise<readonly string[]> {
    const write = await lastWrite(this.superuser);
    if (write === this.write) return [];
    const changes = differences(this.whole, await wholeState(this.superuser));
    if (changes.length === 0) this.write = write;
    return changes;
  }

  /** Takes what there is now for what there should be, so that one failed test does not make the next ones fail. */
  async settle(): Promise<void> {
    this.write = await lastWrite(this.superuser);
    this.whole = await wholeState(this.superuser);
  }

  /** Takes the events of a kind away, which are the program's own doing. */
  async forget(kind: string): Promise<void> {
    await this.superuser.query("DELETE FROM public.schema_migration_events WHERE kind = $1", [
      kind,
    ]);
  }

  /** Makes the attempt and lets `meanwhile` look while its session lives. Returns when the session has ended. */
  async attempt(
    { sql }: Attack,
    attacker: Exclude<Attacker, "migration">,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Ending> {
    const client = await this.database.connect(attacker);
    const warnings = new Set<string>();
    client.on("notice", ({ code = "" }) => warnings.add(code));
    const codes: string[] = [];
    for (const statement of sql) {
      codes.push(await attemptAlone(client, this.named(statement)));
      if (codes.at(-1) !== works) break;
    }
    try {
      await meanwhile();
    } finally {
      await this.end(client);
    }
    return { codes, warnings: [...warnings] };
  }

  /** Runs a statement as somebody who does not wait long for a lock, and undoes it. Returns its SQLSTATE. */
  async probe(login: Login, sql: string): Promise<string> {
    let client: Client | undefined;
    try {
      client = await this.database.connect(login);
      await client.query("SET lock_timeout = 100");
      await client.query("BEGIN");
      return await attemptAlone(client, this.named(sql));
    } catch (error) {
      return errorCode(error);
    } finally {
      if (client !== undefined) await this.end(client);
    }
  }

  /** Ends a session and waits until the server has cleared it away: temporary objects go after the goodbye. */
  private async end(client: Client): Promise<void> {
    const pid = (client as unknown as { readonly processID: number }).processID;
    await client.end();
    const there = "SELECT FROM pg_stat_activity WHERE pid = $1";
    while ((await this.superuser.query(there, [pid])).rowCount !== 0) await sleep(2);
  }
}
