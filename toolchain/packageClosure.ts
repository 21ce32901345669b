/**
 * Which packages of a distribution are needed for some, from what apt-cache and dpkg-query print. Pure.
 * Does NOT run either.
 */

/** What each package depends on; of alternatives the first. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `apt-cache depends --recurse`: a package at the margin, then a line for each dependency. ` |Depends:` has an
 * alternative in the next line; `<name>` is virtual, and what provides it stands below it, further in.
 */
export function dependenciesIn(output: string): Dependencies {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  let isAlternative = false;
  let isVirtual = false;
  for (const line of output.split("\n")) {
    const [, bar, name = ""] = /^ ([ |])(?:Pre)?Depends: (\S+)/.exec(line) ?? [];
    if (bar !== undefined) {
      isVirtual = !isAlternative && name.startsWith("<");
      if (!isAlternative && !isVirtual) current.push(bare(name));
      isAlternative = bar === "|";
    } else if (/^\S/.test(line)) {
      current = found.get(bare(line)) ?? [];
      found.set(bare(line), current);
    } else if (isVirtual && line.trim() !== "") {
      current.push(bare(line.trim()));
      isVirtual = false;
    }
  }
  return found;
}

/** `libc6:i386` is a package of another architecture and stays as it is; `<name>` is not one. */
const bare = (name: string): string => name.replace(/^<|>$/g, "");

/** Names of the packages that dpkg-query (`name<TAB>status`) says are installed. */
export const installedIn = (output: string): ReadonlySet<string> =>
  new Set(
    output
      .split("\n")
      .map((line) => line.split("\t"))
      .filter(([, status]) => status === "installed")
      .map(([name = ""]) => name),
  );

/** Everything that some packages need, themselves included; not what is left, nor what only that needs. Sorted. */
export function closureOf(
  dependencies: Dependencies,
  wanted: readonly string[],
  leave: RegExp,
): readonly string[] {
  const needed = new Set<string>();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name) || leave.test(name)) continue;
    needed.add(name);
    open.push(...(dependencies.get(name) ?? []));
  }
  return [...needed].sort();
}

/** What of it the machine lacks; the wanted ones are fetched whether or not it has them. */
export const missingOf = (
  needed: readonly string[],
  installed: ReadonlySet<string>,
  wanted: readonly string[],
): readonly string[] => needed.filter((name) => wanted.includes(name) || !installed.has(name));
