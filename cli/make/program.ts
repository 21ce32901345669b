/**
 * What the commands behind the Makefile are to the frame: all of them, and how errors end them.
 * Does NOT run a command (see ../frame/execute.ts).
 */
import { exitStatus, type Program, UsageError } from "../frame/command";
import { machineCommands } from "./machineCommands";
import { stackCommands } from "./stackCommands";

export const makeProgram: Program = {
  name: "cli/make/main.ts",
  purpose: "What the Makefile's targets call: `make` lists those.",
  commands: [...stackCommands, ...machineCommands],
  statusTexts: [
    ["0", "done; of drift: the database is as declared"],
    ["1", "refused, or failed; of drift: the database is not as declared"],
    ["2", "called wrongly; of drift: it could not be told"],
    ["other", "of what runs pulumi or psql: as that ended"],
  ],
  statusOf: (error) => (error instanceof UsageError ? exitStatus.unknown : exitStatus.failed),
};
