/**
 * Comments and issues on GitHub, through its REST API, as the job's own token.
 * Does NOT decide what is written.
 *
 * Source: docs.github.com/en/rest/issues (comments of a pull request are those of its issue), version 2022-11-28.
 */
import type { CodeHost, Written } from "./codeHost";
import { field, listOf, sendJson, textOf } from "./http";
import type { Variables } from "./identity";
import { marker } from "./report";

/** Pages of a hundred: what lies behind ten of them is not looked for. */
const mostPages = 10;
/** By it the issue is found among all others. */
const label = "ddl-drift";

/**
 * @param variables  GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN; PULL_REQUEST where comments are written.
 * @throws {Error} one is missing.
 */
export function github(variables: Variables): CodeHost {
  const need = (name: string): string => {
    const value = variables[name] ?? "";
    if (value === "") throw new Error(`${name} is not set.\nHint: see .github/workflows.`);
    return value;
  };
  const repository = `${variables["GITHUB_API_URL"] ?? "https://api.github.com"}/repos/${need("GITHUB_REPOSITORY")}`;
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${need("GITHUB_TOKEN")}`,
    "x-github-api-version": "2022-11-28",
  };
  const ask = (method: "GET" | "POST" | "PATCH", path: string, body?: unknown): Promise<unknown> =>
    sendJson({ method, url: `${repository}${path}`, headers, body });
  const all = async (path: string): Promise<readonly Written[]> => {
    const written: Written[] = [];
    for (let page = 1; page <= mostPages; page += 1) {
      const entries = listOf(await ask("GET", `${path}per_page=100&page=${page}`));
      for (const entry of entries) {
        // What a person wrote under our mark could be changed by that person after we had filled it.
        if (field(field(entry, "user"), "type") !== "Bot") continue;
        const id = field(entry, "number") ?? field(entry, "id");
        written.push({ id: String(id), body: textOf(entry, "body") });
      }
      if (entries.length < 100) break;
    }
    return written;
  };
  return {
    comments: async () => all(`/issues/${need("PULL_REQUEST")}/comments?`),
    addComment: async (body) => {
      await ask("POST", `/issues/${need("PULL_REQUEST")}/comments`, { body });
    },
    changeComment: async (id, body) => {
      await ask("PATCH", `/issues/comments/${id}`, { body });
    },
    issues: async () =>
      (await all(`/issues?state=open&labels=${label}&sort=created&direction=asc&`)).filter(
        ({ body }) => body.startsWith(marker("drift")),
      ),
    openIssue: async (title, body) => {
      await ask("POST", "/issues", { title, body, labels: [label] });
    },
    changeIssue: async (id, body) => {
      await ask("PATCH", `/issues/${id}`, { body });
    },
    closeIssue: async (id, why) => {
      await ask("POST", `/issues/${id}/comments`, { body: why });
      await ask("PATCH", `/issues/${id}`, { state: "closed", state_reason: "completed" });
    },
  };
}
