/**
 * What .github/workflows and azure-pipelines.yml call, as a process: `node --import tsx pipelines/main.ts <command> …`.
 * Does NOT know any command (see program.ts).
 */
import { runProcess } from "../cli/frame/process";
import { pipelineProgram } from "./program";

void runProcess(pipelineProgram);
