#!/usr/bin/env node
// Starts the `ddl` command: plain JavaScript, because npm runs it before anything can read TypeScript.
// Does NOT know any command (see cli/ddl.ts).
"use strict";

const [major] = process.versions.node.split(".");
if (Number(major) < 20) {
  process.stderr.write(`Node 20 or newer is needed, this is ${process.version}.\n`);
  process.exit(2);
}

try {
  require("tsx/cjs");
} catch (error) {
  if (error.code !== "MODULE_NOT_FOUND") throw error;
  process.stderr.write(
    "The npm packages are not installed.\n  Hint: run npm ci in the project first.\n",
  );
  process.exit(2);
}

require("../ddl.ts");
