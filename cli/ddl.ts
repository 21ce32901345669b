/**
 * The `ddl` command as a process.
 * Does NOT know any command (see program.ts).
 */
import { runProcess } from "./frame/process";
import { ddlProgram } from "./program";

void runProcess(ddlProgram);
