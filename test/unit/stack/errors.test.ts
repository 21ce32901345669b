// What an operator reads when files are bad.
import { BadInputError, type Problem, UnknownTierError } from "../../../stack/errors";

const problem = (overrides: Partial<Problem>): Problem => ({
  code: "SYNTAX_ERROR",
  file: "001_a.sql",
  line: 1,
  message: "wrong",
  hint: "mend it.",
  ...overrides,
});

describe("BadInputError", () => {
  it("lists all problems by file and line, with a count", () => {
    const error = new BadInputError([
      problem({ file: "002_b.sql", line: 3, column: 7 }),
      problem({ line: 20 }),
      problem({ line: 3 }),
      problem({ line: null, code: "WRONG_NAME" }),
    ]);
    expect(error.message.split("\n")).toEqual([
      "4 problems in the migration files:",
      "001_a.sql: wrong [WRONG_NAME]",
      "  Hint: mend it.",
      "001_a.sql:3: wrong [SYNTAX_ERROR]",
      "  Hint: mend it.",
      "001_a.sql:20: wrong [SYNTAX_ERROR]",
      "  Hint: mend it.",
      "002_b.sql:3:7: wrong [SYNTAX_ERROR]",
      "  Hint: mend it.",
      "  Hint: nothing was run; correct the files and try again.",
    ]);
    expect(error.code).toBe("BAD_INPUT");
  });
});

describe("MigrationError", () => {
  it("ends its message with what to do", () => {
    const error = new UnknownTierError("live", ["dev", "prod"]);
    expect(error.name).toBe("UnknownTierError");
    expect(error.message).toBe(
      'Tier "live" is unknown.\n  Hint: set it to one of dev, prod (lower case). It is never guessed.',
    );
  });
});
