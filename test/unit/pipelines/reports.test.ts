// Where reports go: one comment for each stack and one issue, written anew by the next run, on both platforms.
import { azureDevOps } from "../../../pipelines/azureDevOps";
import { type CodeHost, keepComment, keepIssue } from "../../../pipelines/codeHost";
import { github } from "../../../pipelines/github";
import {
  driftIssue,
  driftTitle,
  previewComment,
  type StackReport,
} from "../../../pipelines/report";
import { type CodeHostServer, startCodeHost } from "../../support/pipelines/codeHostServer";

let server: CodeHostServer;
beforeEach(async () => {
  server = await startCodeHost();
});
afterEach(() => server.stop());

const hosts: Readonly<Record<string, () => CodeHost>> = {
  GitHub: () =>
    github({
      GITHUB_API_URL: server.url,
      GITHUB_REPOSITORY: "example/geo",
      GITHUB_TOKEN: "job",
      PULL_REQUEST: "7",
    }),
  "Azure DevOps": () =>
    azureDevOps({
      SYSTEM_COLLECTIONURI: `${server.url}/example/`,
      SYSTEM_TEAMPROJECTID: "p",
      SYSTEM_ACCESSTOKEN: "job",
      BUILD_REPOSITORY_ID: "r",
      SYSTEM_PULLREQUEST_PULLREQUESTID: "7",
    }),
};
const moment = new Date("2026-11-28T04:40:00Z");
const report = (
  stack: string,
  state: StackReport["state"],
  text = "33 unchanged",
): StackReport => ({
  ...{ stack, state, text },
});

describe.each(Object.entries(hosts))("on %s", (_, host) => {
  it("writes a comment for each stack, and writes it anew", async () => {
    const write = (one: StackReport, commit: string): Promise<void> =>
      keepComment(host(), `preview ${one.stack}`, previewComment(one, commit));
    await write(report("dev", "differs"), "a".repeat(40));
    await write(report("qa", "same"), "a".repeat(40));
    await write(report("dev", "failed"), "b".repeat(40));
    expect(server.comments.map(({ body }) => body.split("\n\n").slice(1, 3))).toEqual([
      ["### dev: the preview failed", "What `pulumi up` would do, at bbbbbbbbbbbb."],
      ["### qa: nothing to do", "What `pulumi up` would do, at aaaaaaaaaaaa."],
    ]);
    expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(
      new Set(["Bearer job"]),
    );
  });

  it("opens one issue, writes it anew, and closes it when all stacks are as declared", async () => {
    const keep = (...reports: readonly StackReport[]): Promise<string> =>
      keepIssue(host(), driftTitle, driftIssue(reports, moment));
    expect(await keep(report("dev", "same"))).toBe("Every stack is as declared.");
    expect(await keep(report("dev", "differs"))).toBe("An issue was opened.");
    expect(await keep(report("dev", "same"), report("qa", "failed", "no answer"))).toBe(
      "Issue 1 was written anew.",
    );
    expect(server.issues).toHaveLength(1);
    expect(server.issues[0]?.body).toContain("## qa: could not be looked at");
    expect(server.issues[0]?.body).toContain("no answer");
    expect(await keep(report("dev", "same"))).toBe(
      "Every stack is as declared again: issue 1 is closed.",
    );
    expect(await keep(report("dev", "differs"))).toBe("An issue was opened.");
    expect(server.issues.map(({ state }) => state.toLowerCase())).toEqual(["closed", "open"]);
  });

  it("keeps the oldest of several issues", async () => {
    const body = driftIssue([report("dev", "differs")], moment) ?? "";
    await host().openIssue(driftTitle, body);
    await host().openIssue(driftTitle, body);
    await keepIssue(host(), driftTitle, body);
    expect(server.issues.map(({ state }) => state.toLowerCase())).toEqual(["open", "closed"]);
  });
});

it("does not write into a comment that a person put under our mark", async () => {
  server.comments.push({
    ...{ id: 1, state: "open", user: { type: "User" } },
    body: previewComment(report("dev", "same"), "c"),
  });
  const body = previewComment(report("dev", "differs"), "c");
  await keepComment(hosts["GitHub"]?.() as CodeHost, "preview dev", body);
  expect(server.comments.map(({ body: text }) => text.split("\n\n")[1])).toEqual([
    "### dev: nothing to do",
    "### dev: would change",
  ]);
});

it("shows markup in a work item as it is written", async () => {
  const body = driftIssue([report("dev", "differs", "<img src=x> & more")], moment);
  await keepIssue(hosts["Azure DevOps"]?.() as CodeHost, driftTitle, body);
  expect(server.issues[0]?.body).toMatch(/^<pre>&lt;!-- ddl drift --&gt;/);
  expect(server.issues[0]?.body).toContain("&lt;img src=x&gt; &amp; more");
});

it("says what the API answers and where the rights are told, and never the token", async () => {
  const lost = github({
    GITHUB_API_URL: `${server.url}/no`,
    GITHUB_REPOSITORY: "e/g",
    GITHUB_TOKEN: "t0ken",
  });
  await expect(lost.changeIssue("1/2/3", "x")).rejects.toThrow(
    /^PATCH http:\/\/127\.0\.0\.1:\d+\/no\/repos\/e\/g\/issues\/1\/2\/3: HTTP 404: nothing is known of /,
  );
  await expect(lost.comments()).rejects.toThrow("PULL_REQUEST is not set.");
  expect(() => github({})).toThrow("GITHUB_REPOSITORY is not set.\nHint: see .github/workflows.");
});

describe("a report", () => {
  it("keeps a text inside of its block, whatever it holds", () => {
    const text = "```\n@everyone\n````text\n# heading";
    const comment = previewComment(report("dev", "differs", text), "c");
    expect(comment).toContain(`\n\n\`\`\`\`\`text\n${text}\n\`\`\`\`\``);
  });

  it("fits into a comment, and four of them into an issue", () => {
    const long = "x".repeat(300_000);
    const issue = driftIssue(
      ["dev", "qa", "uat", "prod"].map((stack) => report(stack, "differs", long)),
      moment,
    );
    expect(issue?.length).toBeLessThan(65_536);
    expect(issue).toContain("[… 286000 characters; all of it is in the job's log …]");
  });

  it("calls it no error that there is something to do", () => {
    const text =
      "1 changes\nerror: no changes were expected for preview but changes were proposed\n";
    const comment = previewComment(report("dev", "differs", text), "c");
    expect(comment).toContain("1 changes\n```");
    expect(comment).not.toContain("error");
  });

  it("says nothing where every stack is as declared", () => {
    expect(driftIssue([report("dev", "same"), report("qa", "same")], moment)).toBeNull();
  });
});
