// The commands as one file of JavaScript each, which starts in a tenth of the time that reading TypeScript takes.
// A file's name holds a digest of every source that could be in it: one of other sources is never found, so never run.
// Plain JavaScript, because it decides whether anything that reads TypeScript has to be loaded.
// Does NOT know any command.
"use strict";

const { createHash } = require("node:crypto");
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require("node:fs");
const { basename, dirname, join, relative } = require("node:path");

const root = join(__dirname, "..", "..");
const folder = join(root, ".build", "compiled");

/** What may be in it: the rooms that commands import from, and what decides how they are put together. */
const folders = ["cli", "migrations", "pgstac", "roles", "sandbox", "stack", "toolchain"];
const files = ["package.json", "package-lock.json", "tsconfig.json"];

/** Of each command that is compiled, the file that runs it. */
const entries = { ddl: "cli/ddl.ts", make: "cli/make/main.ts" };

/** A digest of the names and contents of all sources: about 25 ms. */
function digest() {
  const hash = createHash("sha256");
  const take = (name) => {
    const content = readFileSync(join(root, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  };
  const walk = (name) => {
    for (const entry of readdirSync(join(root, name), { withFileTypes: true })) {
      const path = `${name}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|js|json)$/.test(entry.name)) take(path);
    }
  };
  files.forEach(take);
  folders.forEach(walk);
  return hash.digest("hex").slice(0, 32);
}

const fileOf = (command, key) => join(folder, `${command}-${key}.cjs`);

/** Packages are loaded where something of theirs is first used: most commands use few. */
const lazily = (text) =>
  text.replace(
    /^var (import_\w+) = (__toESM\(require\("[^":]+"\)\)|require\("[^":]+"\));$/gm,
    (line, name, load) => (/"node:/.test(line) ? line : `var ${name} = __lazy(() => ${load});`),
  );

/** At the head of each: where the project is, and packages that wait. */
const banner = `var __root = require("node:path").join(__dirname, "..", "..");
function __lazy(load) {
  let loaded;
  const get = () => (loaded ??= load());
  return new Proxy({}, { get: (_, name) => get()[name], has: (_, name) => name in get() });
}`;

/** Each source's own folder, as if it were not in one file with others. On its first line: lines keep their numbers. */
const ownFolders = {
  name: "own folders",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (path.includes("node_modules") || !text.includes("__dirname")) return undefined;
      const own = JSON.stringify(relative(root, dirname(path)));
      const line = `const __dirname = require("node:path").join(__root, ${own}); `;
      return { contents: line + text, loader: "ts" };
    });
  },
};

/** Compiles every command of these sources, and removes what was compiled of others. Rejects where they do not compile. */
async function compile(key) {
  const { build } = require("esbuild");
  const { outputFiles } = await build({
    entryPoints: Object.entries(entries).map(([out, name]) => ({ in: join(root, name), out })),
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    packages: "external",
    banner: { js: banner },
    plugins: [ownFolders],
    logLevel: "silent",
  });
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of outputFiles) {
    const command = basename(path, ".js");
    // Whole or not there, whoever else compiles just now.
    const draft = join(folder, `${command}-${process.pid}.draft`);
    writeFileSync(draft, lazily(text));
    renameSync(draft, fileOf(command, key));
  }
  const kept = Object.keys(entries).map((command) => fileOf(command, key));
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.endsWith(".cjs") && !kept.includes(path)) rmSync(path, { force: true });
  }
}

/** Reads TypeScript as it stands: where nothing was compiled, or only other sources were. */
function interpret(command) {
  try {
    require("tsx/cjs");
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    process.stderr.write(
      "The npm packages are not installed.\n  Hint: run npm ci in the project first.\n",
    );
    process.exit(2);
  }
  require(join(root, entries[command]));
}

/** Runs a command as this process: compiled, where that is of the present sources. */
function run(command) {
  const [major] = process.versions.node.split(".");
  if (Number(major) < 20) {
    process.stderr.write(`Node 20 or newer is needed, this is ${process.version}.\n`);
    process.exit(2);
  }
  const file = existsSync(folder) ? fileOf(command, digest()) : null;
  if (file !== null && existsSync(file)) require(file);
  else interpret(command);
}

/** The same, and compiles first where that is not done. What does not compile is interpreted, and says why itself. */
async function compileAndRun(command) {
  const key = digest();
  const isThere = Object.keys(entries).every((one) => existsSync(fileOf(one, key)));
  if (!isThere) await compile(key).catch(() => undefined);
  run(command);
}

module.exports = { compileAndRun, run };
