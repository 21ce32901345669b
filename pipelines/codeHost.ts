/**
 * Where reports go: comments on a pull request, one for each stack, and one issue, each written anew by the next run.
 * Does NOT know an API: github.ts and azureDevOps.ts do.
 */
import { marker } from "./report";

/** Something that was written before. */
export interface Written {
  readonly id: string;
  readonly body: string;
}

/** What a place for code and its issues can do. */
export interface CodeHost {
  /** All comments on the pull request that this job is about. */
  readonly comments: () => Promise<readonly Written[]>;
  readonly addComment: (body: string) => Promise<void>;
  readonly changeComment: (id: string, body: string) => Promise<void>;
  /** Open issues that this program wrote, oldest first. */
  readonly issues: () => Promise<readonly Written[]>;
  readonly openIssue: (title: string, body: string) => Promise<void>;
  readonly changeIssue: (id: string, body: string) => Promise<void>;
  readonly closeIssue: (id: string, why: string) => Promise<void>;
}

/** Writes a comment, or writes anew the one that has the same mark. */
export async function keepComment(host: CodeHost, subject: string, body: string): Promise<void> {
  const found = (await host.comments()).find((one) => one.body.startsWith(marker(subject)));
  if (found === undefined) await host.addComment(body);
  else await host.changeComment(found.id, body);
}

/**
 * Keeps one issue: opened, written anew, or closed when there is nothing to say. Should there be several, the oldest is
 * kept and the others are closed.
 *
 * @returns what was done, for the log.
 */
export async function keepIssue(
  host: CodeHost,
  title: string,
  body: string | null,
): Promise<string> {
  const [kept, ...others] = await host.issues();
  for (const { id } of others) await host.closeIssue(id, "An older issue tells the same.");
  if (body === null) {
    if (kept === undefined) return "Every stack is as declared.";
    await host.closeIssue(kept.id, "Every stack is as declared again.");
    return `Every stack is as declared again: issue ${kept.id} is closed.`;
  }
  if (kept === undefined) {
    await host.openIssue(title, body);
    return "An issue was opened.";
  }
  await host.changeIssue(kept.id, body);
  return `Issue ${kept.id} was written anew.`;
}
