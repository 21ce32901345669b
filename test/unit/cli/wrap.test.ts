// Long lines are broken between words, and commands so that a shell puts them together again.
import { wrapped } from "../../../cli/frame/wrap";
import { inSandbox } from "../../../cli/stack/pasteable";
import { cutBetweenWords } from "../../../stack/cutText";

const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");

describe("wrapped", () => {
  it("keeps each line within a hundred columns, and every word", () => {
    const lines = wrapped(`  ${words}`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.map((line) => line.trim()).join(" ")).toBe(words);
    expect(lines.slice(1).every((line) => line.startsWith("    word"))).toBe(true);
  });

  it("aligns what goes on with the text behind a label", () => {
    const [, second = ""] = wrapped(`  Do:   ${words}`);
    expect(second).toMatch(/^ {8}word/);
  });

  it("leaves short lines, empty lines and runs of blanks as they are", () => {
    expect(wrapped("a   b\n\n  c")).toEqual(["a   b", "", "  c"]);
  });

  it("gives a command that a shell reads as one", () => {
    const command = `make up STACK=uat TICKETS=a ${words}`;
    const lines = wrapped(`  ${command}`);
    expect(lines.slice(0, -1).every((line) => line.endsWith(" \\"))).toBe(true);
    expect(lines.at(-1)).not.toMatch(/\\$/);
    expect(lines.map((line) => line.replace(/ \\$/, "").trim()).join(" ")).toBe(command);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("does not break a word that is wider", () => {
    const long = "x".repeat(130);
    expect(wrapped(`${long} y`)).toEqual([long, "  y"]);
  });
});

it("cuts between words, and a word only where it is the first", () => {
  expect(cutBetweenWords("ALTER TABLE dagapp.jobs", 15)).toBe("ALTER TABLE");
  expect(cutBetweenWords("ALTER TABLE dagapp.jobs", 11)).toBe("ALTER TABLE");
  expect(cutBetweenWords("dagapp.jobs_are_long", 6)).toBe("dagapp");
  expect(cutBetweenWords("short", 6)).toBe("short");
});

it("names the sandbox in commands that are meant there", () => {
  expect(inSandbox("npx ddl signoff 0.3.0 --stack qa --by x, then run up on qa.")).toBe(
    "npx ddl signoff 0.3.0 --stack qa --sandbox --by x, then make up STACK=qa.",
  );
  expect(inSandbox("run up on organization/rmhgeoapi-database/uat first")).toBe(
    "make up STACK=uat first",
  );
  expect(inSandbox("npx ddl plan --stack qa --sandbox")).toBe("npx ddl plan --stack qa --sandbox");
  expect(inSandbox("npx ddl check --tier dev; npx ddl status --stack prod")).toBe(
    "npx ddl check --tier dev; npx ddl status --stack prod --sandbox",
  );
});
