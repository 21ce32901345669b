// `ddl check` and `ddl new` as they are typed: the real shim, in a process of its own.
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { loadMigrations } from "../../../migrations/engine/survey/load";
import { run } from "../../../toolchain/run";
import { forwardText, rollbackText } from "../../support/files/makeMigration";
import { ddl, ddlShim } from "../../support/program/ddl";
import { hasGit } from "../../support/program/git";

jest.setTimeout(300_000);

const repository = join(__dirname, "../../..");
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ddl-test-"));
});
afterAll(async () => {
  await rm(scratch, { recursive: true });
});

/** A folder with one good pair, and one without rollback whose SQL is broken. */
async function folderOf(name: string): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(folder);
  await writeFile(join(folder, "001_add_jobs.sql"), forwardText({ reviewedBy: "Ada" }));
  await writeFile(join(folder, "001_add_jobs_rollback.sql"), rollbackText());
  const broken = {
    name: "002_add_tasks",
    version: "1.1.0",
    body: "BEGIN;\n  CREAT TABLE x ();\nCOMMIT;",
  };
  await writeFile(join(folder, "002_add_tasks.sql"), forwardText(broken));
  return folder;
}

describe("ddl", () => {
  it("without a command shows the list, and is fine", async () => {
    const { status, stdout, stderr } = await ddl([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^usage: ddl <command>[^]*\n {2}check +Judge/);
  });

  it("ends with 2 and the nearest name when it is called wrongly", async () => {
    expect(await ddl(["chekc"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "There is no command chekc.\n  Hint: did you mean check?\n",
    });
  });

  it("says its version", async () => {
    expect((await ddl(["--version"])).stdout).toMatch(/^ddl \d+\.\d+\.\d+\n$/);
  });

  it("is what package.json calls ddl, and can be run through a link from any folder", async () => {
    const manifest = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as {
      bin: Record<string, string>;
    };
    expect(join(repository, manifest.bin["ddl"] ?? "")).toBe(ddlShim);
    const link = join(scratch, "linked");
    await symlink(ddlShim, link);
    const outcome = await run(link, ["check", "001_initial_schema.sql"], { cwd: scratch });
    expect(outcome.stdout).toMatch(/^1 migration checked for prod/);
  });

  it("says what to do where the packages are not installed", async () => {
    const folder = join(scratch, "bare", "cli", "bin");
    await cp(dirname(ddlShim), folder, { recursive: true });
    const compiled = join("stack", "compiled.js");
    await cp(join(repository, compiled), join(scratch, "bare", compiled));
    expect(await run(process.execPath, [join(folder, "ddl.js")])).toEqual({
      status: 2,
      stdout: "",
      stderr: "The npm packages are not installed.\n  Hint: run npm ci in the project first.\n",
    });
  });

  it("ends quietly when nobody reads on", () => {
    const command = `${process.execPath} ${ddlShim} check --format sarif | head -c 1; echo $?`;
    expect(execFileSync("sh", ["-c", `${command} 2>&1`], { encoding: "utf8" })).toBe("{0\n");
  });
});

describe("ddl check", () => {
  it("finds no error in this project's migrations", async () => {
    const { status, stdout, stderr } = await ddl(["check", "--tier", "dev"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(
      /\b\d+ migrations checked for dev: (nothing to object to|0 errors, .*)\n$/,
    );
  });

  it("shows everything that is wrong, and ends with 1", async () => {
    await folderOf("all");
    const { status, stdout, stderr } = await ddl(["check", "--folder", "all"], { cwd: scratch });
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout)
      .toContain(`all/002_add_tasks.sql:40:3: syntax error at or near "CREAT": CREAT TABLE x ();
  40 |   CREAT TABLE x ();
     |   ^
  error SYNTAX_ERROR | tier prod
`);
    expect(stdout).toMatch(
      /all\/001_add_jobs\.sql:8: author and reviewer are both Ada\.\n {2}8 \| -- REV/,
    );
    expect(stdout).toMatch(/\n2 migrations checked for prod: \d+ errors, \d+ warnings?\n$/);
    expect(stdout).not.toContain("\u001b");
  });

  it("says behind a check for dev what uat and prod would refuse, and nothing behind theirs", async () => {
    const folder = await folderOf("later");
    const file = join(folder, "001_add_jobs.sql");
    const { stdout } = await ddl(["check", "--tier", "dev", file]);
    expect(stdout).toMatch(
      /0 errors, \d+ warnings?\nuat and prod would refuse \d+ more places?:\n[^]*\n {2}reviewer-is-author: 001_add_jobs\.sql:8\n/,
    );
    expect(stdout).toContain(`\n  In full: npx ddl check ${file}\n`);
    expect((await ddl(["check", file])).stdout).not.toContain("would refuse");
  });

  it("judges the statements of a draft beside what is missing of its form", async () => {
    const folder = join(scratch, "drafts");
    await mkdir(folder);
    await writeFile(join(folder, "any.sql"), "SELECT 1;\nTRUNCATE dagapp.jobs;\n");
    await writeFile(
      join(folder, "001_half.sql"),
      forwardText({ body: "TRUNCATE dagapp.jobs;" }).replace(
        "-- POST-FLIGHT VALIDATION",
        "-- after",
      ),
    );
    const { status, stdout } = await ddl(["check", "--folder", folder]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/any\.sql: the name is not NNN/);
    expect(stdout).toMatch(/any\.sql:2:1: TRUNCATE deletes every row of dagapp\.jobs\./);
    expect(stdout).toMatch(/001_half\.sql:\d+:1: TRUNCATE deletes every row of dagapp\.jobs\./);
    // What a form asks for is not asked of a draft a second time.
    expect(stdout).not.toMatch(/review-missing|postflight-validates|rollback-required/);
  });

  it("asks less of dev: a warning is no failure", async () => {
    const folder = await folderOf("dev");
    const { status, stdout } = await ddl([
      "check",
      "--tier",
      "dev",
      join(folder, "001_add_jobs.sql"),
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /warning reviewer-is-author \| tier dev[^]*1 migration checked for dev: 0 errors, \d+ warning/,
    );
  });

  it("takes a rollback file for its migration, and a bare name for one of the project", async () => {
    await folderOf("half");
    const half = await ddl(["check", "001_add_jobs_rollback.sql"], { cwd: join(scratch, "half") });
    expect(half.stdout).toContain("reviewer-is-author");
    expect(half.stdout).not.toContain("SYNTAX_ERROR");
    const bare = await ddl(["check", "001_initial_schema.sql"], { cwd: scratch });
    expect(bare.stdout).toBe("1 migration checked for prod: nothing to object to\n");
  });

  it("writes paths for GitHub from its workspace on", async () => {
    await folderOf("github");
    const env = { GITHUB_WORKSPACE: scratch };
    const { stdout } = await ddl(["check", "--format", "github", "--folder", "github"], {
      cwd: scratch,
      env,
    });
    expect(stdout).toContain(
      "::error file=github/002_add_tasks.sql,line=40,col=3,title=SYNTAX_ERROR::",
    );
  });

  it.each(["json", "sarif"])(
    "writes %s that can be parsed, alone on standard output",
    async (format) => {
      await folderOf(format);
      const { status, stdout } = await ddl(["check", "--format", format, "--folder", format], {
        cwd: scratch,
      });
      expect(status).toBe(1);
      expect(JSON.stringify(JSON.parse(stdout))).toContain("SYNTAX_ERROR");
    },
  );

  it("refuses what it cannot use with status 2", async () => {
    const refusals = [
      [
        ["--tier", "production"],
        "--tier cannot be production.\n  Hint: one of dev, qa, uat, prod.",
      ],
      [["--folder", "nowhere"], "nowhere cannot be read: it does not exist.\n  Hint: "],
      [["001_initial_shcema.sql"], "did you mean 001_initial_schema.sql?"],
      [["x/1.sql", "y/2.sql"], "The files lie in 2 folders.\n"],
    ] as const;
    await allRefused("check", refusals);
  });
});

/** Runs the command with each of the arguments, at the same time: each ends with 2 and prints nothing. */
async function allRefused(
  name: string,
  refusals: readonly (readonly [args: readonly string[], message: string])[],
): Promise<void> {
  const outcomes = await Promise.all(
    refusals.map(([args]) => ddl([name, ...args], { cwd: scratch })),
  );
  for (const [index, { status, stdout, stderr }] of outcomes.entries()) {
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(refusals[index]?.[1] ?? "no such refusal");
  }
}

describe("ddl new", () => {
  /** What only a person can write, as `ddl check` names it. */
  const open = [
    "HEADER_FIELD_MISSING 18",
    "HEADER_FIELD_MISSING 19",
    "HEADER_FIELD_MISSING 20",
    "HEADER_FIELD_MISSING 21",
    "HEADER_FIELD_MISSING 26",
    "MIGRATION_EMPTY",
  ];

  it("writes a pair that lacks nothing but what a person must write", async () => {
    const folder = join(scratch, "new");
    const made = await ddl(["new", "Ada's stätus:  to jobs.", "--folder", "new"], { cwd: scratch });
    expect(made).toMatchObject({
      status: 0,
      stdout: "new/001_adas_status_to_jobs.sql\nnew/001_adas_status_to_jobs_rollback.sql\n",
      stderr: expect.stringMatching(/^Version 0\.1\.0\. Fill in/) as string,
    });
    const { problems } = await loadMigrations(folder);
    expect(
      problems.map(({ code, line }) => (code === "MIGRATION_EMPTY" ? code : `${code} ${line}`)),
    ).toEqual(hasGit ? open : ["HEADER_FIELD_MISSING 6", ...open]);
  });

  it("goes on from the newest: number, version, dependency and checks", async () => {
    const folder = join(scratch, "next");
    await mkdir(folder);
    await writeFile(
      join(folder, "009_add_jobs.sql"),
      forwardText({ name: "009_add_jobs", version: "1.4.2" }),
    );
    await ddl([
      "new",
      "more",
      "--table",
      "dagapp.jobs",
      "--table",
      "geoapi.maps",
      "--ticket",
      "CHG-2026-0142",
      "--folder",
      folder,
    ]);
    expect((await readdir(folder)).sort()).toEqual([
      "009_add_jobs.sql",
      "010_more.sql",
      "010_more_rollback.sql",
    ]);
    const text = await readFile(join(folder, "010_more.sql"), "utf8");
    for (const part of [
      "-- VERSION:     1.5.0\n-- TICKET:      CHG-2026-0142\n",
      "--   - Requires migration 009 to be applied first\n",
      "--   - Tables affected: dagapp.jobs, geoapi.maps\n",
      "WHERE ledger.version = '1.4.2' AND ledger.applied",
      "FROM (VALUES ('dagapp'), ('geoapi')) AS wanted (name)",
      "held.relation IN (to_regclass('dagapp.jobs'), to_regclass('geoapi.maps'))",
    ]) {
      expect(text).toContain(part);
    }
    expect(await readFile(join(folder, "010_more_rollback.sql"), "utf8")).toContain(
      "> ARRAY[1, 5, 0]",
    );
  });

  (hasGit ? it : it.skip)("takes the author from git", async () => {
    const env = {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "user.name",
      GIT_CONFIG_VALUE_0: "Grace Hopper",
    };
    await ddl(["new", "authored", "--folder", "authored"], { cwd: scratch, env });
    const text = await readFile(join(scratch, "authored/001_authored.sql"), "utf8");
    expect(text).toContain("-- AUTHOR:      Grace Hopper\n");
    expect(text).toMatch(/-- CREATED: {5}\d{4}-\d\d-\d\d\n/);
  });

  it("does not go on from a file that cannot be read", async () => {
    await folderOf("broken");
    expect(await ddl(["new", "more", "--folder", "broken"], { cwd: scratch })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("002_add_tasks.sql has problems") as string,
    });
    expect(await readdir(join(scratch, "broken"))).toHaveLength(3);
  });

  it("refuses what gives no migration with status 2, and writes nothing", async () => {
    const to = ["--folder", "refused"];
    await allRefused("new", [
      [to, "ddl new needs TITLE."],
      [["!!!", ...to], '"!!!" gives no file name.'],
      [["one", "two", ...to], "ddl new does not know what to do with two."],
      [["x", "--ticket", "142", ...to], "142 is not a change ticket."],
      [["x", "--table", "jobs", ...to], "jobs is not a table with its schema."],
      [["x", "--table", "a.b'; DROP", ...to], "is not a table with its schema."],
      [["bell \u0007", ...to], "The title holds control characters."],
    ]);
    expect(await readdir(scratch)).not.toContain("refused");
  });
});
