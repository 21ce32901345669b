// Reading the folder: what cannot be read is a problem like any other.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { maxFileBytes } from "../../../migrations/engine/files/sourceText";
import { forbiddenStatements } from "../../../migrations/engine/gate/rules/reach/forbidden";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { FolderUnreadableError } from "../../../stack/errors";
import { forwardText } from "../../support/files/makeMigration";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "migrations-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("loadMigrations", () => {
  it("reads the folder and ignores what is not SQL", async () => {
    writeFileSync(join(folder, "001_add_jobs.sql"), forwardText());
    writeFileSync(join(folder, "README.md"), "text");
    symlinkSync("somebody@host.123", join(folder, ".#001_add_jobs.sql"));
    mkdirSync(join(folder, "engine"));
    const { migrations, problems } = await loadMigrations(folder);
    expect(problems).toEqual([]);
    expect(migrations.map((one) => one.name)).toEqual(["001_add_jobs"]);
  });

  it("finds nothing wrong with the project's own migrations", async () => {
    const { migrations, problems } = await loadMigrations(join(__dirname, "../../../migrations"));
    expect(problems).toEqual([]);
    expect(
      migrations.flatMap((one) =>
        forbiddenStatements([...one.segments, ...(one.rollback?.segments ?? [])]),
      ),
    ).toEqual([]);
  });

  it("names each file that cannot be read, with the reason", async () => {
    mkdirSync(join(folder, "001_folder.sql"));
    symlinkSync(join(folder, "gone"), join(folder, "002_dangling.sql"));
    writeFileSync(join(folder, "003_huge.sql"), "");
    truncateSync(join(folder, "003_huge.sql"), maxFileBytes + 1);
    const { problems } = await loadMigrations(folder);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ["FILE_UNREADABLE", "the file cannot be read: it is a folder."],
      ["FILE_UNREADABLE", "the file cannot be read: it does not exist."],
      ["FILE_TOO_LARGE", `the file has ${maxFileBytes + 1} bytes; the limit is ${maxFileBytes}.`],
    ]);
  });

  it("says that the folder is not there", async () => {
    await expect(loadMigrations(join(folder, "none"))).rejects.toThrow(FolderUnreadableError);
    await expect(loadMigrations(join(folder, "none"))).rejects.toThrow("it does not exist");
  });
});
