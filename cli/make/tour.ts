/**
 * Walks a change from dev to prod in a sandbox of its own, and shows each refusal on the way.
 * Does NOT touch the user's sandbox, and does not explain rules: they do so themselves.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";

import { Client, escapeIdentifier } from "pg";

import { loadMigrations } from "../../migrations/engine/survey/load";
import { databaseOf, loginOf, readRecord, sandboxFolder } from "../../sandbox/record";
import { removeSandbox } from "../../sandbox/sandbox";
import type { Settings } from "../../stack/settings";
import type { Tier } from "../../stack/tier";
import { type ExitStatus, exitStatus } from "../frame/command";
import { projectFolder, projectMigrations } from "../stack/project";
import { stackAccess } from "../stack/stackAccess";
import { type Errand, type Itinerary, type Stop, tourStops } from "./stops";

/** The tour's own sandbox, below the user's. */
export const tourSandbox = (): string => join(sandboxFolder(), "tour");

type Say = (line: string) => void;

/**
 * The whole tour; its sandbox is removed before and after.
 *
 * @returns fine, or failed when a stop did not end as it must: the tour is over there.
 */
export async function tour(say: Say): Promise<ExitStatus> {
  const stops = tourStops(await itinerary());
  await removeSandbox(tourSandbox());
  try {
    for (const [index, stop] of stops.entries()) {
      say(`\n=== ${index + 1} of ${stops.length}: ${stop.title}\n${stop.why}`);
      const failure = await visit(stop, say);
      if (failure !== null) {
        say(`\nThe tour ends here: ${failure}`);
        return exitStatus.failed;
      }
    }
    say(
      "\nThat is the way from dev to prod. The tour's databases are removed; yours were not touched.",
    );
    return exitStatus.fine;
  } finally {
    await removeSandbox(tourSandbox());
  }
}

async function itinerary(): Promise<Itinerary> {
  const { migrations } = await loadMigrations(projectMigrations());
  const settingsOf = async (tier: Tier): Promise<Settings> => {
    const file = join(projectFolder(), `Pulumi.${tier}.yaml`);
    return (await stackAccess(projectFolder(), file, {})).settings;
  };
  const [uat, prod] = [await settingsOf("uat"), await settingsOf("prod")];
  const upTo = ({ run }: Settings) => {
    const last = migrations.findIndex(({ header }) => header.version === run.targetVersion);
    return migrations.slice(0, last + 1);
  };
  return {
    uat: upTo(uat),
    prod: upTo(prod),
    infrastructureRole: escapeIdentifier(prod.roles.infrastructure),
    serviceRole: escapeIdentifier(prod.roles.service),
  };
}

/** Null, or what was not as it must be. */
async function visit({ errands, ends, shows }: Stop, say: Say): Promise<string | null> {
  let output = "";
  for (const errand of errands) {
    say(`\n$ ${commandLine(errand)}`);
    const { status, text } = await runErrand(errand);
    output += text;
    const isDone = status === 0;
    if (isDone !== (ends === "done")) {
      return `${commandLine(errand)} ended with status ${status}.`;
    }
  }
  const missing = shows.filter((text) => !output.includes(text));
  if (missing.length > 0) return `nothing was said of ${missing.join(", ")}.`;
  say(`-> ${ends}${ends === "done" ? "" : ", as it must be"}`);
  return null;
}

/** As a person types it. */
function commandLine(errand: Errand): string {
  switch (errand.kind) {
    case "make":
      return ["make", ...makeArguments(errand)].join(" ");
    case "ddl":
      return ["npx ddl", ...errand.args.map((arg) => (arg.includes(" ") ? `"${arg}"` : arg))].join(
        " ",
      );
    case "by hand":
      return `psql ${databaseOf(errand.stack)}: ${errand.sql.join("; ")}`;
  }
}

function makeArguments({
  target,
  stack,
  tickets = [],
}: Extract<Errand, { kind: "make" }>): readonly string[] {
  return [
    target,
    `STACK=${stack}`,
    ...(tickets.length === 0 ? [] : [`TICKETS=${tickets.join(",")}`]),
  ];
}

interface Ended {
  readonly status: number;
  readonly text: string;
}

async function runErrand(errand: Errand): Promise<Ended> {
  switch (errand.kind) {
    case "make":
      return runProgram("make", ["--no-print-directory", ...makeArguments(errand)]);
    case "ddl":
      return runProgram(process.execPath, [join("cli", "bin", "ddl.js"), ...errand.args]);
    case "by hand":
      await runByHand(errand);
      return { status: 0, text: "" };
  }
}

/** Variables of this make that the next one must not take for its own. */
const ofMake = new Set(["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "STACK", "TICKETS", "DDL_TICKETS"]);

/** Runs a program in the project's folder; what it says is shown as it comes, and kept. */
function runProgram(program: string, args: readonly string[]): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofMake.has(name)));
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd: projectFolder(),
      // It is about migrations: what is at hand will do.
      env: { PG_BINARIES: "npm", ...env, DDL_SANDBOX: tourSandbox() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      from.setEncoding("utf8");
      from.on("data", (part: string) => {
        text += part;
        to.write(part);
      });
    }
    child.once("error", fail);
    child.once("close", (code, signal) => {
      done({ status: code ?? (signal === null ? 1 : 128), text });
    });
  });
}

async function runByHand({ stack, sql }: Extract<Errand, { kind: "by hand" }>): Promise<void> {
  const record = await readRecord(tourSandbox());
  if (record === undefined) throw new Error("the tour has no sandbox");
  const client = new Client({
    host: "127.0.0.1",
    port: record.port,
    user: loginOf(stack, "admin"),
    password: record.passwords[stack].admin,
    database: databaseOf(stack),
    application_name: "somebody by hand",
    statement_timeout: 10_000,
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const statement of sql) await client.query(statement);
  } finally {
    await client.end();
  }
}
