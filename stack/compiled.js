// The commands, the program and its providers as one file of JavaScript each, which starts in a tenth of the time that
// reading TypeScript takes. A file's name holds a digest of every source that could be in it: one of other sources is
// never found, so never run. Plain JavaScript, because it decides whether anything that reads TypeScript has to be loaded;
// every stack's state names this file (see provided), so never rename it.
// Does NOT know any command, and compiles nothing where that cannot be kept.
"use strict";

const { spawnSync } = require("node:child_process");
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
const Module = require("node:module");
const { basename, dirname, join, relative } = require("node:path");

const root = join(__dirname, "..");
const folder = join(root, ".build", "compiled");

/** What may be in it: the rooms that programs import from, and what decides how they are put together. */
const folders = ["azure", "cli", "migrations", "pgstac", "roles", "sandbox", "stack", "toolchain"];
const files = ["index.ts", "package.json", "package-lock.json", "tsconfig.json"];

/** Of each command that is compiled, the file that runs it. */
const commands = { ddl: "cli/ddl.ts", make: "cli/make/main.ts" };

/** Of each table of modules that others ask for by their files, these files. */
const tables = {
  /** What index.ts imports; it is itself read as it stands. */
  program: () =>
    [...readFileSync(join(root, "index.ts"), "utf8").matchAll(/ from "\.\/([^"]+)";$/gm)].map(
      ([, name]) => `${name}.ts`,
    ),
  provider: () => [
    "azure/entry.ts",
    "migrations/engine/entry.ts",
    "pgstac/entry.ts",
    "roles/entry.ts",
  ],
};

const isThere = (name) => existsSync(join(root, name));

/** All that can be compiled here: a copy of the program alone has no commands. */
const entries = () => [
  ...Object.keys(commands).filter((one) => isThere(commands[one])),
  ...(isThere("index.ts") ? Object.keys(tables) : []),
];

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
  files.filter(isThere).forEach(take);
  folders.filter(isThere).forEach(walk);
  return hash.digest("hex").slice(0, 32);
}

const fileOf = (entry, key) => join(folder, `${entry}-${key}.cjs`);

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

/** Each table as a module that gives others by their files. */
const tableModules = {
  name: "table modules",
  setup(build) {
    build.onResolve({ filter: /^table:/ }, ({ path }) => ({
      path: path.slice("table:".length),
      namespace: "table",
    }));
    build.onLoad({ filter: /^/, namespace: "table" }, ({ path }) => {
      const names = tables[path]().filter(isThere);
      const lines = names.map((name, n) => `import * as m${n} from "./${name}";`);
      const rows = names.map((name, n) => `${JSON.stringify(name)}: m${n}`);
      const contents = [...lines, `export const modules = { ${rows.join(", ")} };`].join("\n");
      return { contents, loader: "ts", resolveDir: root };
    });
  },
};

/** Compiles all of these sources, and removes what was compiled of others. Rejects where they do not compile. */
async function compile(key) {
  // First: where nothing can be kept, nothing is compiled.
  mkdirSync(folder, { recursive: true });
  const { build } = require("esbuild");
  const names = entries();
  const { outputFiles } = await build({
    entryPoints: names.map((out) => ({
      in: out in commands ? join(root, commands[out]) : `table:${out}`,
      out,
    })),
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    packages: "external",
    banner: { js: banner },
    plugins: [tableModules, ownFolders],
    logLevel: "silent",
  });
  for (const { path, text } of outputFiles) {
    const entry = basename(path, ".js");
    // Whole or not there, whoever else compiles just now.
    const draft = join(folder, `${entry}-${process.pid}.draft`);
    writeFileSync(draft, lazily(text));
    renameSync(draft, fileOf(entry, key));
  }
  const kept = names.map((entry) => fileOf(entry, key));
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.endsWith(".cjs") && !kept.includes(path)) rmSync(path, { force: true });
  }
}

const isCompiled = (key) => entries().every((one) => existsSync(fileOf(one, key)));

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
  require(join(root, commands[command]));
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
  if (!isCompiled(key)) await compile(key).catch(() => undefined);
  run(command);
}

/** Runs what was compiled by itself: whoever reads TypeScript in this process would go through a megabyte of it in vain. */
function load(file) {
  const loaded = new Module(file, module);
  Object.assign(loaded, { filename: file, paths: Module._nodeModulePaths(folder) });
  loaded._compile(readFileSync(file, "utf8"), file);
  return loaded.exports;
}

/**
 * Modules by their files, compiled of the present sources, and compiled now where that is not done: `require` waits for
 * nothing, so another process does it. Nothing where it cannot be: the sources are then read as they stand.
 */
function compiledModules(table) {
  const key = digest();
  const file = fileOf(table, key);
  if (!existsSync(file)) spawnSync(process.execPath, [__filename, key], { stdio: "ignore" });
  if (!existsSync(file)) return {};
  try {
    return load(file).modules;
  } catch (error) {
    // Whoever compiles other sources at this moment has removed it.
    if (error.code !== "ENOENT" || existsSync(file)) throw error;
    return {};
  }
}

/** Found once: a process goes on with the sources that it began with. */
let ofProviders = null;

/** Such a module, for the code that a stack's state holds for its resources: that has this file's path, and the module's. */
function provided(name) {
  ofProviders ??= compiledModules("provider");
  return ofProviders[name] ?? require("tsx/cjs/api").require(`./${name}`, join(root, "index.ts"));
}

if (require.main === module) compile(process.argv[2]).catch(() => process.exit(1));

module.exports = { compileAndRun, compiledModules, provided, root, run };
