// The command line: what is asked for, and what is said of a mistake.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { readRequest, type Request } from "../../../cli/frame/arguments";
import {
  type Command,
  exitStatus,
  type PassingCommand,
  type Program,
  UsageError,
} from "../../../cli/frame/command";
import { commandHelp, overview, usageLine } from "../../../cli/frame/help";
import { editDistance, nearestName } from "../../../cli/frame/nearest";
import { makeProgram } from "../../../cli/make/program";
import { ddlProgram } from "../../../cli/program";
import { SettingsError } from "../../../stack/settings";

const command = (overrides: Partial<Command>): Command => ({
  name: "plan",
  summary: "Plan",
  arguments: [],
  options: {},
  examples: [],
  run: () => Promise.resolve(exitStatus.fine),
  ...overrides,
});

const commands: readonly Command[] = [
  command({
    options: {
      stack: { value: "STACK", summary: "which", fallback: "dev" },
      format: { value: "FORMAT", summary: "how", choices: ["text", "json"] },
      ticket: { value: "CHG", summary: "tickets", many: true },
      sandbox: { summary: "local" },
    },
  }),
  command({ name: "rollback", arguments: [{ name: "VERSION", summary: "", required: true }] }),
  command({
    name: "check",
    arguments: [{ name: "FILE", summary: "", required: false, many: true }],
  }),
  command({
    name: "break-glass open",
    options: { reason: { value: "TEXT", summary: "why", required: true } },
  }),
  command({ name: "break-glass close" }),
];

const sample: Program = { ...ddlProgram, commands };

const read = (line: string): Request => readRequest(line.split(" ").filter(Boolean), sample);
function inputsOf(line: string) {
  const request = read(line);
  if (request.kind !== "run") throw new Error(`it is ${request.kind}`);
  return request.inputs;
}

describe("a command line", () => {
  it.each([
    ["", "overview"],
    ["--help", "overview"],
    ["-h", "overview"],
    ["help", "overview"],
    ["--version", "version"],
    ["plan --help", "help"],
    ["help plan", "help"],
    ["help break-glass open", "help"],
    ["rollback -h", "help"],
    ["plan", "run"],
  ])("%j asks for %s", (line, kind) => {
    expect(read(line).kind).toBe(kind);
  });

  it("takes options before and behind arguments, with = or a blank", () => {
    expect(inputsOf("check a.sql b.sql").args).toEqual(["a.sql", "b.sql"]);
    const inputs = inputsOf("plan --format=json --ticket A --sandbox --ticket B");
    expect(inputs.text("format")).toBe("json");
    expect(inputs.list("ticket")).toEqual(["A", "B"]);
    expect(inputs.flag("sandbox")).toBe(true);
    expect(inputs.text("stack")).toBe("dev");
  });

  it("leaves options alone behind --", () => {
    expect(inputsOf("check -- --help").args).toEqual(["--help"]);
  });

  it("takes a value that begins with a dash only behind =", () => {
    expect(inputsOf("plan --stack=-odd").text("stack")).toBe("-odd");
    expect(() => read("plan --stack --sandbox")).toThrow("--stack needs a value.");
  });

  it.each([
    ["chekc", "There is no command chekc.\n  Hint: did you mean check?"],
    ["zzz", "There is no command zzz.\n  Hint: ddl --help lists them."],
    ["toString", "There is no command toString.\n  Hint: ddl --help lists them."],
    [
      "--stack dev plan",
      "--stack comes before any command.\n  Hint: begin with a command: ddl --help",
    ],
    ["break-glass", "ddl break-glass needs a second word.\n  Hint: one of open, close."],
    ["break-glass clse", "ddl break-glass has no clse.\n  Hint: did you mean close?"],
    ["plan --stcak dev", "ddl plan has no option --stcak.\n  Hint: did you mean --stack?"],
    [
      "plan --constructor",
      "ddl plan has no option --constructor.\n  Hint: ddl plan --help lists them.",
    ],
    ["plan -x", "ddl plan has no option -x.\n  Hint: ddl plan --help lists them."],
    ["plan --stack", "--stack needs a value.\n  Hint: write --stack STACK."],
    ["plan --stack=", "--stack needs a value.\n  Hint: write --stack STACK."],
    ["plan --stack a --stack b", "--stack is given 2 times.\n  Hint: give it once."],
    ["plan --sandbox=yes", "--sandbox takes no value.\n  Hint: write --sandbox alone."],
    ["plan --format jsn", "--format cannot be jsn.\n  Hint: did you mean json?"],
    ["plan --format xml", "--format cannot be xml.\n  Hint: one of text, json."],
    ["break-glass open", "ddl break-glass open needs --reason.\n  Hint: write --reason TEXT: why."],
    ["rollback", "ddl rollback needs VERSION.\n  Hint: ddl rollback --help"],
    [
      "rollback 1.0.0 2.0.0",
      "ddl rollback does not know what to do with 2.0.0.\n" +
        "  Hint: a text of several words needs quotes; ddl rollback --help shows what it takes.",
    ],
  ])("%j is refused: %j", (line, message) => {
    expect(() => read(line)).toThrow(new Error(message));
  });
});

describe("nearest names", () => {
  it.each([
    ["", "", 0],
    ["abc", "", 3],
    ["apply", "aplpy", 1],
    ["apply", "apples", 2],
    ["kitten", "sitting", 3],
  ])("%j and %j differ by %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it("takes a beginning for the whole, and nothing for what is far", () => {
    expect(nearestName("roll", ["apply", "rollback"])).toBe("rollback");
    expect(nearestName("x", ["apply", "rollback"])).toBe(null);
  });
});

describe("help", () => {
  it("shows usage, arguments, options and examples", () => {
    const text = commandHelp("ddl", {
      ...command({ name: "check", summary: "Judge files", details: ["More."] }),
      arguments: [{ name: "FILE", summary: "a file", required: false, many: true }],
      options: {
        tier: { value: "TIER", summary: "whose rules", choices: ["dev"], fallback: "dev" },
      },
      examples: [["ddl check", "all of them"]],
    });
    expect(text).toBe(`usage: ddl check [FILE …] [options]

Judge files.
More.

Arguments
  FILE  a file

Options
  --tier TIER  whose rules (one of dev; default dev)
  --help       show this

Examples
  # all of them
  ddl check`);
  });

  it.each(ddlProgram.commands.map((one) => [one.name, one] as const))(
    "of %s is whole",
    (_, one) => {
      expect(one.summary).not.toMatch(/\.$/);
      expect(one.examples).not.toEqual([]);
      for (const [line] of one.examples) {
        // What help shows as an example must be accepted.
        const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
          ([, quoted, plain]) => quoted ?? plain ?? "",
        );
        expect(words[0]).toBe("ddl");
        expect(readRequest(words.slice(1), ddlProgram)).toMatchObject({
          command: { name: one.name },
        });
      }
    },
  );

  it("lists every command and exit status", () => {
    const text = overview(ddlProgram);
    for (const { name, summary } of ddlProgram.commands)
      expect(text).toMatch(new RegExp(`  ${name} +${summary}`));
    expect(text).toMatch(/^ {2}0 .*\n {2}1 .*\n {2}2 /m);
    const [first = command({})] = ddlProgram.commands;
    expect(usageLine("ddl", first)).toMatch(/^ddl new TITLE/);
  });

  it("says of a command that another program ends whose status that is", () => {
    const passing: PassingCommand = { ...command({}), endsWith: "as psql ends" };
    expect(commandHelp("x", passing)).toMatch(
      /^usage: x plan\n[^]*\nExit status\n {2}as psql ends$/,
    );
  });
});

describe("what the Makefile calls", () => {
  const readMake = (line: string) => {
    const request = readRequest(line.split(" ").filter(Boolean), makeProgram);
    if (request.kind !== "run") throw new Error(`it is ${request.kind}`);
    return { name: request.command.name, ...request.inputs };
  };

  it("is a command of the frame in each target", () => {
    const makefile = readFileSync(join(__dirname, "../../../Makefile"), "utf8");
    const lines = [...makefile.matchAll(/@\$\(CLI\) (?!--version)(.*)/g)].map(
      ([, line = ""]) => line,
    );
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const words = line
        .replace("$(STACK)", "qa")
        .replace("$(ARGS)", "--diff --help")
        .replace(/\$\(if \$\(VERBOSE\),(--verbose)\)/, "$1")
        .replace(/\$\(if .*?\)(?= |$)/, "--end-sessions");
      const { name, args } = readMake(words);
      expect(words.split(" ")[0]).toBe(name);
      expect(args).toEqual(line.includes("$(ARGS)") ? ["--diff", "--help"] : []);
    }
    const named = new Set(lines.map((line) => line.split(" ")[0]));
    expect(makeProgram.commands.filter(({ name }) => !named.has(name))).toEqual([]);
  });

  it("takes the first tier where no stack is named, and knows no other than tiers", () => {
    expect(readMake("up").text("stack")).toBe("dev");
    expect(() => readMake("up --stack staging")).toThrow(
      new Error("The sandbox has no stack staging.\nHint: STACK is one of dev, qa, uat, prod."),
    );
    expect(() => readMake("upp")).toThrow("There is no command upp.\n  Hint: did you mean up?");
  });

  it("ends with 2 when called wrongly, and with 1 whatever else goes wrong", () => {
    expect(makeProgram.statusOf(new UsageError("what"))).toBe(2);
    expect(makeProgram.statusOf(new SettingsError(["what"]))).toBe(1);
    expect(makeProgram.statusOf("what")).toBe(1);
  });
});
