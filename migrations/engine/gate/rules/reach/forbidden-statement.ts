/**
 * Gate rule forbidden-statement: its texts, its examples, and what it finds.
 * Does NOT hold the list of statements (see forbidden.ts).
 */
import { always } from "../../input/gateRule";
import { jobsRegion } from "../exampleParts";
import { fileRule } from "../fileRule";
import { forbiddenStatements } from "./forbidden";

export const forbiddenStatement = fileRule({
  id: "forbidden-statement",

  severity: always,
  problem:
    "A statement that no migration may hold: roles, privileges, schemas, extensions, ownership, SET ROLE.",
  why: "it is outside what a migration may do.",
  instead: "declare roles, privileges, schemas and extensions in the stack.",
  source: "Policy, Permission Model",
  bad: { body: "GRANT SELECT ON dagapp.jobs TO PUBLIC;" },
  good: jobsRegion,
  find: ({ file }) =>
    [
      ...forbiddenStatements(file.segments),
      ...forbiddenStatements(file.rollback?.segments ?? []),
    ].map(({ file: fileName, line, message, hint }) => ({
      file: fileName,
      line,
      message,
      why: hint,
      remedy:
        "remove the statement; declare roles, privileges, schemas and extensions in the stack.",
    })),
});
