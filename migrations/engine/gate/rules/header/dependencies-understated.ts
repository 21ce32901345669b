/**
 * Gate rule dependencies-understated: its texts, its examples, and what it finds.
 * Does NOT cover the form of the header (see files/header) nor the review and rollback lines.
 */
import { placedOperationsOf } from "../../input/subject";
import { jobsRegion } from "../exampleParts";
import { atField, fileRule } from "../fileRule";

export const dependenciesUnderstated = fileRule({
  id: "dependencies-understated",
  problem:
    "DEPENDENCIES leaves out the migration before this one, or PgSTAC whose objects are used.",
  why: "who runs the file by hand learns from it what must be there.",
  instead: "`Requires migration 003 to be applied first`; `Requires PgSTAC 0.9.x schema`.",
  source: "Policy, Header Block: DEPENDENCIES",
  bad: { ...jobsRegion, header: { DEPENDENCIES: "None" } },
  good: { ...jobsRegion, header: { DEPENDENCIES: "Requires migration 001 to be applied first" } },
  find: (subject) => {
    const { dependencies } = subject.file.header;
    const previous = subject.previous;
    const says = (pattern: RegExp): boolean => dependencies.some((text) => pattern.test(text));
    const missing: string[] = [];
    if (previous !== undefined) {
      const { number, name, header } = previous;
      const version = header.version.replaceAll(".", "\\.");
      const words = new RegExp(
        `(?<![\\w.])(?:0*${number}|${name}(?:\\.sql)?|v?${version})(?![\\w-])`,
      );
      if (!says(words)) {
        missing.push(`Requires migration ${String(number).padStart(3, "0")} to be applied first`);
      }
    }
    const usesPgstac = placedOperationsOf(subject.file).some(({ statement }) =>
      /(?<![\w$])"?pgstac"?\s*\./i.test(statement.text.replace(/--.*$/gm, "")),
    );
    if (usesPgstac && !says(/pgstac/i)) missing.push("Requires PgSTAC 0.9.x schema");
    return missing.map((text) =>
      atField(
        subject,
        "DEPENDENCIES",
        `DEPENDENCIES does not say: ${text}.`,
        `add the line: - ${text}`,
      ),
    );
  },
});
