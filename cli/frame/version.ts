/**
 * The program's own name and version, as package.json has them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** For example `0.1.0`. */
export function programVersion(): string {
  const text = readFileSync(join(__dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
