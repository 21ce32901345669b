/**
 * A Pulumi project of its own, with the air-gap postgresql plugin installed, for tests of the plugin.
 * Its program declares what a JSON file says, so that a test changes a program by writing data.
 * Does NOT start a server.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";

import type { PostgresServer } from "../../../sandbox/server";
import { silentLog } from "../../../toolchain/log";
import { bundlePlugin } from "../../../toolchain/postgresql-plugin/bundle";
import { ensurePulumi } from "../../../toolchain/pulumi";
import { POSTGRESQL_PLUGIN_VERSION } from "../../../toolchain/versions";
import { installedPluginOnly } from "./officialPlugin";

/** The login the provider uses. */
export interface Admin {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** One resource of the program. An argument `{ from, property }` is an output of a resource declared before. */
export interface Declared {
  readonly type: "Role" | "Schema" | "Extension" | "GrantRole" | "Grant";
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly ignoreChanges?: readonly string[];
  readonly dependsOn?: readonly string[];
}

/** How a command ended; `output` is stdout and stderr together. */
export interface Outcome {
  readonly status: number;
  readonly output: string;
}

const repository = resolve(__dirname, "../../..");

const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const postgresql = require("@pulumi/postgresql");
const { provider, resources } = JSON.parse(require("node:fs").readFileSync("program.json", "utf8"));
const connection = new postgresql.Provider("connection", provider);
const made = {};
const resolved = (value) => (value?.from === undefined ? value : made[value.from][value.property]);
for (const { type, name, args: given, ignoreChanges, dependsOn } of resources) {
  const args = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, resolved(value)]));
  const options = { provider: connection, ignoreChanges, dependsOn: (dependsOn ?? []).map((key) => made[key]) };
  made[name] = new postgresql[type](name, args, options);
}
`;

/** A stack in a temporary folder. */
export class PluginStack {
  private constructor(
    readonly folder: string,
    private readonly server: PostgresServer,
    private readonly admin: Admin,
    private readonly bin: string,
  ) {}

  /** Bundles and installs the plugin, and makes the stack. Takes some seconds. */
  static async make(server: PostgresServer, admin: Admin): Promise<PluginStack> {
    const folder = await mkdtemp(join(tmpdir(), "plugin-stack-"));
    const { bin } = await ensurePulumi(silentLog);
    const stack = new PluginStack(folder, server, admin, bin);
    await Promise.all(["home", "state", "project"].map((name) => mkdir(join(folder, name))));
    await symlink(join(repository, "node_modules"), join(folder, "project", "node_modules"));
    await writeFile(
      join(folder, "project", "Pulumi.yaml"),
      JSON.stringify({
        name: "plugin-test",
        main: "index.js",
        runtime: { name: "nodejs", options: { typescript: false } },
      }),
    );
    await writeFile(
      join(folder, "project", "package.json"),
      '{"name":"plugin-test","version":"0.0.0"}',
    );
    await writeFile(join(folder, "project", "index.js"), PROGRAM);
    await stack.declare([]);
    const plugin = await bundlePlugin(join(folder, "plugin"));
    for (const args of [
      ["plugin", "install", "resource", "postgresql", POSTGRESQL_PLUGIN_VERSION, "-f", plugin],
      ["stack", "init", "test"],
    ]) {
      const outcome = await stack.pulumi(...args);
      if (outcome.status !== 0)
        throw new Error(`pulumi ${args.join(" ")} failed:\n${outcome.output}`);
    }
    return stack;
  }

  /** Replaces the program. */
  async declare(
    resources: readonly Declared[],
    provider: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const { host, port } = this.server;
    const { user: username, password, database } = this.admin;
    const connection = {
      host,
      port,
      username,
      password,
      database,
      sslmode: "disable",
      superuser: false,
    };
    await writeFile(
      join(this.folder, "project", "program.json"),
      JSON.stringify({ provider: { ...connection, ...provider }, resources }),
    );
  }

  /** Runs a command to its end; a non-zero status is not an error. */
  async pulumi(...args: readonly string[]): Promise<Outcome> {
    const child = this.start(...args);
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const [status] = (await once(child, "close")) as [number | null];
    return { status: status ?? -1, output };
  }

  /** Starts a command; the caller waits for it or ends it. */
  start(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
    return spawn(join(this.bin, "pulumi"), [...args, "--non-interactive"], {
      cwd: join(this.folder, "project"),
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${this.bin}:${process.env.PATH ?? ""}`,
        PULUMI_HOME: join(this.folder, "home"),
        PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "1",
        ...installedPluginOnly,
        PULUMI_STACK: "test",
      },
    });
  }

  /** The state as it is stored. */
  async state(): Promise<string> {
    return readFile(
      join(this.folder, "state", ".pulumi", "stacks", "plugin-test", "test.json"),
      "utf8",
    );
  }

  /** Removes the folder, and with it the state. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
