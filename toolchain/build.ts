/**
 * Builds the engine and its Node.js language host from Go modules; versions and sums are in engine/ and language-host/.
 * Everything that Go writes goes into a scratch folder: the user's module and build caches stay as they are.
 * Does NOT find Go and does not install (see go.ts, pulumi.ts).
 */
import { join } from "node:path";

import type { ProgressLog } from "./log";
import { run } from "./run";
import { ENGINE_VERSION, LANGUAGE_HOST_PROGRAM } from "./versions";

interface Program {
  readonly name: string;
  /** Folder with go.mod, below this one. */
  readonly module: string;
  readonly package: string;
  readonly ldflags: string;
}

const PROGRAMS: readonly Program[] = [
  {
    name: "pulumi",
    module: "engine",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${ENGINE_VERSION}`,
  },
  {
    name: LANGUAGE_HOST_PROGRAM,
    module: "language-host",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    ldflags: "-s -w",
  },
];

const TICK_MS = 1_000;

/**
 * Builds into `folder`.
 *
 * @param go  Path of the go program.
 * @throws {Error} with the last lines that Go printed.
 */
export async function buildEngine(
  go: string,
  folder: string,
  scratch: string,
  log: ProgressLog,
): Promise<void> {
  const env = await buildEnvironment(go, scratch);
  for (const program of PROGRAMS) {
    const options = { cwd: join(__dirname, program.module), env };
    const reporter = new Reporter(program.name, log);
    try {
      const list = await run(go, ["list", "-deps", program.package], {
        ...options,
        onErrorLine: () => {
          reporter.fetched += 1;
        },
      });
      reporter.total = list.stdout.split("\n").length - 1;
      const flags = ["-v", "-trimpath", "-ldflags", program.ldflags];
      const output = join(folder, program.name);
      const built = await run(go, ["build", ...flags, "-o", output, program.package], {
        ...options,
        onErrorLine: () => {
          reporter.compiled += 1;
        },
      });
      if (built.status !== 0) {
        const said = (list.status === 0 ? "" : list.stderr) + built.stderr;
        throw new Error(`go build of ${program.name} failed:\n${lastLines(said)}`);
      }
    } finally {
      reporter.end();
    }
  }
}

async function buildEnvironment(go: string, scratch: string): Promise<NodeJS.ProcessEnv> {
  const asked = await run(go, ["env", "GOMODCACHE", "GOPROXY"]);
  const [moduleCache = "", proxy = ""] = asked.stdout.split("\n");
  return {
    ...process.env,
    GOPATH: join(scratch, "gopath"),
    GOMODCACHE: join(scratch, "modules"),
    GOCACHE: join(scratch, "build"),
    GOTMPDIR: "",
    TMPDIR: scratch,
    // Modules that the user's own cache holds are read from there: go.sum vouches for them all the same.
    GOPROXY: `file://${moduleCache}/cache/download,${proxy}`,
    // The module cache is read-only by default, and then cannot be removed.
    GOFLAGS: "-modcacherw -buildvcs=false -mod=readonly",
    GOTOOLCHAIN: "auto",
    GOWORK: "off",
    // Pure Go, as the official programs are: no C compiler needed.
    CGO_ENABLED: "0",
  };
}

/** Says each second how far the build is. */
class Reporter {
  fetched = 0;
  compiled = 0;
  total = 0;
  private readonly startedAt = Date.now();
  private readonly timer = setInterval(() => {
    this.log.progress(this.line());
  }, TICK_MS);

  constructor(
    private readonly name: string,
    private readonly log: ProgressLog,
  ) {}

  end(): void {
    clearInterval(this.timer);
  }

  private line(): string {
    const seconds = Math.round((Date.now() - this.startedAt) / 1000);
    const state =
      this.total === 0
        ? `${this.fetched} modules fetched`
        : `${Math.min(this.compiled, this.total)} of ${this.total} packages compiled`;
    return `Building ${this.name}: ${state}, ${seconds} s`;
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-10).join("\n");
}
