// docs/errors.md explains every code that the source can raise, each in one row, and none besides.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { rooms } from "../../../rooms.json";

const project = join(__dirname, "..", "..", "..");
const page = readFileSync(join(project, "docs/errors.md"), "utf8");

/** Where errors are raised that a person sees: every folder of the program that has a room. */
const folders = [...new Set(rooms.map(({ folder }) => folder.split("/")[0] ?? ""))];

const sources = folders.flatMap((room) =>
  readdirSync(join(project, room), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({
      name: join(room, name),
      text: readFileSync(join(project, room, name), "utf8"),
    })),
);

/** `code: "X"`, `code = "X"`, and the first argument of a function that reports a problem. */
const raised = /\b(?:code(?::| =)|report\()\s*"([A-Z][A-Z0-9_]+)"/g;

// Of sockets, not of this program.
const foreign = new Set(["ETIMEDOUT"]);

const codes = new Set(
  [
    ...sources.flatMap(({ text }) => [...text.matchAll(raised)].map(([, code]) => code ?? "")),
    // A few are handed through a helper; each problem of a file has a fixture named after it.
    ...readdirSync(join(project, "test/fixtures/migrations/invalid")).map(
      (folder) => folder.split("--")[0] ?? "",
    ),
  ].filter((code) => !foreign.has(code)),
);

const rows = [...page.matchAll(/^\| ([^|]+) \|/gm)]
  .flatMap(([, first]) => (first ?? "").split(", "))
  .filter((cell) => /^[A-Z]/.test(cell));

describe("docs/errors.md", () => {
  it.each([...codes])("explains %s in one row", (code) => {
    expect(rows.filter((row) => row === code)).toHaveLength(1);
  });

  it("explains no code that the source no longer has", () => {
    const text = sources.map((source) => source.text).join("\n");
    expect(rows.filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  it("is compared with the source files of every room", () => {
    const read = new Set(sources.map(({ name }) => name.split("/").slice(0, -1).join("/")));
    const wanted = rooms.map(({ folder }) => folder.replace(/\/\*\*$/, ""));
    expect(
      wanted.filter((folder) => ![...read].some((one) => `${one}/`.startsWith(`${folder}/`))),
    ).toEqual([]);
  });
});
