/**
 * What the Makefile calls, as a process: `node cli/bin/make.js <command> [--stack S] [--end-sessions]
 * [-- pulumi's arguments]`.
 * Does NOT know any command (see program.ts).
 */
import { runProcess } from "../frame/process";
import { makeProgram } from "./program";

void runProcess(makeProgram);
