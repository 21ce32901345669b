/**
 * Comments and issues in Azure DevOps, through its REST API, as the job's own token (System.AccessToken).
 * Does NOT decide what is written.
 *
 * Source: learn.microsoft.com, Azure DevOps REST API 7.1: "Pull Request Threads", "Work Items", "Wiql".
 */
import type { CodeHost, Written } from "./codeHost";
import { field, listOf, sendJson, textOf } from "./http";
import type { Variables } from "./identity";

const version = "api-version=7.1";
/** By it the work item is found among all others. */
const tag = "ddl-drift";
/** A field's change, in the form of JSON Patch. */
const set = (name: string, value: string) => ({ op: "add", path: `/fields/${name}`, value });
/** A work item's text is HTML: shown as it is written, none of it read as markup. */
const asHtml = (text: string): string =>
  `<pre>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</pre>`;

/**
 * @param variables  SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECTID, SYSTEM_ACCESSTOKEN; for comments BUILD_REPOSITORY_ID and
 *                   SYSTEM_PULLREQUEST_PULLREQUESTID. DRIFT_ITEM_TYPE and DRIFT_CLOSED_STATE where the project's process
 *                   calls them otherwise than Issue and Closed.
 * @throws {Error} one is missing.
 */
export function azureDevOps(variables: Variables): CodeHost {
  const need = (name: string): string => {
    const value = variables[name] ?? "";
    if (value === "") throw new Error(`${name} is not set.\nHint: see azure-pipelines.yml.`);
    return value;
  };
  const project = `${need("SYSTEM_COLLECTIONURI").replace(/\/$/, "")}/${need("SYSTEM_TEAMPROJECTID")}`;
  const authorization = `Bearer ${need("SYSTEM_ACCESSTOKEN")}`;
  const ask = (
    method: "GET" | "POST" | "PATCH",
    path: string,
    body?: unknown,
    type = "application/json",
  ): Promise<unknown> =>
    sendJson({
      method,
      url: `${project}/_apis/${path}${path.includes("?") ? "&" : "?"}${version}`,
      headers: { authorization, "content-type": type },
      body,
    });
  const patch = (method: "POST" | "PATCH", path: string, changes: readonly object[]) =>
    ask(method, path, changes, "application/json-patch+json");
  const threads = (): string =>
    `git/repositories/${need("BUILD_REPOSITORY_ID")}/pullRequests/${need("SYSTEM_PULLREQUEST_PULLREQUESTID")}/threads`;
  const itemType = variables["DRIFT_ITEM_TYPE"] ?? "Issue";
  const closed = variables["DRIFT_CLOSED_STATE"] ?? "Closed";

  return {
    comments: async () =>
      listOf(field(await ask("GET", threads()), "value")).flatMap((thread) =>
        listOf(field(thread, "comments"))
          .slice(0, 1)
          .filter((comment) => field(comment, "isDeleted") !== true)
          .map((comment): Written => ({
            id: `${String(field(thread, "id"))}/comments/${String(field(comment, "id"))}`,
            body: textOf(comment, "content"),
          })),
      ),
    addComment: async (body) => {
      // Status 4: closed, because nobody has to answer it.
      const comments = [{ parentCommentId: 0, content: body, commentType: 1 }];
      await ask("POST", threads(), { comments, status: 4 });
    },
    changeComment: async (id, body) => {
      await ask("PATCH", `${threads()}/${id}`, { content: body });
    },
    issues: async () => {
      const query = `SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS '${tag}' AND [System.State] <> '${closed}' ORDER BY [System.Id]`;
      const found = listOf(field(await ask("POST", "wit/wiql", { query }), "workItems"));
      const ids = found.map((item) => String(field(item, "id"))).slice(0, 200);
      if (ids.length === 0) return [];
      // Its text is Azure DevOps' own HTML by now: the tag alone tells which one it is.
      return ids.map((id): Written => ({ id, body: "" }));
    },
    openIssue: async (title, body) => {
      await patch("POST", `wit/workitems/$${encodeURIComponent(itemType)}`, [
        set("System.Title", title),
        set("System.Tags", tag),
        set("System.Description", asHtml(body)),
      ]);
    },
    changeIssue: async (id, body) => {
      await patch("PATCH", `wit/workitems/${id}`, [set("System.Description", asHtml(body))]);
    },
    closeIssue: async (id, why) => {
      await patch("PATCH", `wit/workitems/${id}`, [
        set("System.History", why),
        set("System.State", closed),
      ]);
    },
  };
}
