// Starts what the Makefile calls, and compiles the commands where that is not done (see stack/compiled.js).
// Does NOT know any command (see cli/make/main.ts).
"use strict";

void require("../../stack/compiled").compileAndRun("make");
