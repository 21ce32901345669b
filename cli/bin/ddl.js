#!/usr/bin/env node
// Starts the `ddl` command: plain JavaScript, because npm runs it before anything can read TypeScript.
// Does NOT know any command (see cli/ddl.ts).
"use strict";

require("../../stack/compiled").run("ddl");
