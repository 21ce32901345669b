/**
 * git for tests of what is read from it. Does NOT read or write any configuration of the machine's.
 */
import { execFileSync, spawnSync } from "node:child_process";

/** A machine that got the project as an archive may have none: tests that need it are then left out. */
export const hasGit = spawnSync("git", ["--version"]).status === 0;

/** Commits everything in a folder, which is made a repository first. */
export function commitAll(folder: string, author: string, message: string): void {
  const git = (...args: readonly string[]): void => {
    execFileSync("git", args, { cwd: folder, stdio: "ignore" });
  };
  git("init");
  git("add", ".");
  const who = ["-c", `user.name=${author}`, "-c", "user.email=test@example.org"];
  git(...who, "-c", "commit.gpgsign=false", "commit", "--allow-empty", "-m", message);
}
