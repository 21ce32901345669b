// Whatever a document points at is there: links, anchors, paths, make targets, ddl commands and their options.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { commands } from "../../../cli/commands";
import { makeTargets } from "../../docs/commandText";
import {
  anchors,
  codeSpans,
  documents,
  fencedLines,
  localLinks,
  project,
  read,
} from "../../support/files/documents";

const targets = new Set(makeTargets(read("Makefile")).map(([name]) => name));
const folders = new Set(
  readdirSync(project, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name),
);

/** Words after `ddl` that are no command: a usage line, or the program itself. */
const isPlaceholder = (word: string): boolean => word.startsWith("<");

/** By its whole name, or by the first word of several that have it in common. */
const commandNamed = ([first = "", second = ""]: readonly string[]) =>
  commands.find(({ name }) => name === `${first} ${second}`) ??
  commands.find(({ name }) => name === first || name.startsWith(`${first} `));

/** Each call of `ddl` in a piece of code: its words, up to a comment, a quote, or the next command. */
const ddlCalls = (code: string): readonly (readonly string[])[] =>
  [...code.matchAll(/\bddl ([^#;|]+)/g)].map(([, rest = ""]) => rest.trim().split(/\s+/));

/** The names of the options among a command's words. */
const optionsIn = (words: readonly string[]): readonly string[] =>
  words
    .filter((word) => /^--[a-z]/.test(word))
    .map((word) => word.slice(2).replace(/[^a-z-].*$/, ""));

describe("the documents", () => {
  it("are found in every folder that has any", () => {
    expect(documents).toEqual(
      expect.arrayContaining(["README.md", "PRODUCTION_DDL.md", "docs/errors.md"]),
    );
  });

  it("README.md is read in a few minutes: 200 lines of 100 columns", () => {
    const lines = read("README.md").trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  it("README.md leads to every other document", () => {
    const linked = new Set(localLinks(read("README.md")).map(([file]) => file));
    const others = documents.filter((one) => one !== "README.md" && !one.startsWith("toolchain/"));
    expect(others.filter((one) => !linked.has(one))).toEqual([]);
  });
});

describe("migrations/README.md", () => {
  it("lists every migration of the folder, and no other", () => {
    const files = readdirSync(join(project, "migrations"))
      .filter((name) => /^\d{3}_.*(?<!_rollback)\.sql$/.test(name))
      .map((name) => name.slice(0, -".sql".length));
    const listed = [...read("migrations/README.md").matchAll(/^\| (\d{3}) `(\w+)` \|/gm)];
    expect(listed.map(([, number, words]) => `${number ?? ""}_${words ?? ""}`)).toEqual(files);
  });
});

describe.each(documents)("%s", (document) => {
  const text = read(document);
  const folder = join(project, document, "..");
  const code = [...codeSpans(text), ...fencedLines(text)];

  it("links to files and headings that exist", () => {
    const broken = localLinks(text).filter(([file, anchor]) => {
      const path = file === "" ? join(project, document) : join(folder, file);
      if (!existsSync(path)) return true;
      const isPage = path.endsWith(".md");
      return anchor !== "" && isPage && !anchors(read(path.slice(project.length + 1))).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names files and folders that exist", () => {
    const paths = codeSpans(text)
      .filter((span) => /^(?:[\w.-]+\/)+[\w.-]*$/.test(span))
      .filter((span) => folders.has(span.split("/")[0] ?? "") || /\.\w+$/.test(span))
      .filter((span) => !/\b(?:004|014)_|NNN|^\./.test(span));
    const missing = paths.filter(
      (path) => ![project, folder].some((root) => existsSync(join(root, path))),
    );
    expect(missing).toEqual([]);
  });

  it("names targets that make has", () => {
    const named = code.flatMap((line) =>
      [...line.matchAll(/(?:^|[(;&|] ?)make ([a-z][a-z-]*)/g)].map(([, name = ""]) => name),
    );
    expect(named.filter((name) => !targets.has(name))).toEqual([]);
  });

  it("names commands and options that ddl has", () => {
    const wrong = code.flatMap(ddlCalls).filter((words) => {
      const [first = ""] = words;
      if (isPlaceholder(first) || !/^[a-z]/.test(first)) return false;
      const command = commandNamed(words);
      return (
        command === undefined ||
        optionsIn(words).some((name) => name !== "help" && !(name in command.options))
      );
    });
    expect(wrong).toEqual([]);
  });

  it("gives in whole command lines what ddl requires", () => {
    const lines = fencedLines(text).filter((line) => line.includes("npx ddl"));
    const incomplete = lines.flatMap(ddlCalls).filter((words) => {
      const given = optionsIn(words);
      return Object.entries(commandNamed(words)?.options ?? {}).some(
        ([name, { required }]) => required === true && !given.includes(name),
      );
    });
    expect(incomplete).toEqual([]);
  });
});
