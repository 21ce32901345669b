// Has what index.ts imports come from one compiled file (see compiled.js), where the engine runs it. Loaded before all else.
// Does NOT change what is imported: the same sources, read beforehand. Without it they are read one by one.
"use strict";

const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");

const { compiledModules, root } = require("./compiled");

/** The SDK's program that the engine starts. Tests and linters read the sources themselves. */
const isTheEngines = /@pulumi[\\/]pulumi[\\/]cmd[\\/]run\b/.test(process.argv[1] ?? "");

/** Whether a file's package says that its .js are ECMAScript modules: by the first package.json above it, as Node asks. */
const isEsModule = (file) => {
  const above = dirname(file);
  const manifest = join(above, "package.json");
  const known = kinds.get(above);
  if (known !== undefined) return known;
  const kind = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, "utf8")).type === "module"
    : above !== file && isEsModule(above);
  kinds.set(above, kind);
  return kind;
};
const kinds = new Map();

/** Packages are JavaScript already. Whoever reads TypeScript here would go through each file for what it has to translate. */
function readPackagesAsTheyAre() {
  const translate = Module._extensions[".js"];
  Module._extensions[".js"] = (loaded, file) => {
    if (!file.includes("node_modules") || isEsModule(file)) translate(loaded, file);
    else loaded._compile(readFileSync(file, "utf8"), file);
  };
  process.setSourceMapsEnabled(false);
}

if (isTheEngines) {
  readPackagesAsTheyAre();
  for (const [name, exports] of Object.entries(compiledModules("program"))) {
    const filename = join(root, name);
    const loaded = Object.assign(new Module(filename, module), { exports, filename, loaded: true });
    require.cache[filename] = loaded;
  }
}
