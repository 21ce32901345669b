/**
 * What people decided is published by an update that touches no resource, again and again, and leaves nothing behind but
 * the outputs. Policy: "QA signs off".
 */
import { publishDecisions } from "../../cli/stack/publishing";
import { smallMigrations, versionOf } from "../support/files/smallMigrations";
import { done, type ProgramStack } from "../support/program/programStack";
import { useProgramStacks } from "../support/program/useProgramStacks";

jest.setTimeout(900_000);

const suite = useProgramStacks();

it("publishes each sign-off, and neither a resource nor the history of updates shows a fault", async () => {
  const database = await suite.database();
  const stack = await suite.stack(database, {
    tier: "qa",
    files: smallMigrations([{}, {}]),
    config: { extensions: [] },
  });
  done(await stack.up());
  const resources = await resourcesOf(stack);

  for (const number of [1, 2]) {
    const signed = await stack.ddl("signoff", versionOf(number), "--by", "Ada Moss");
    expect(signed).toMatchObject({ status: 0 });
    expect(await publish(stack)).toEqual({ kind: "published" });
    const { versions } = (await stack.outputs()) as { versions: readonly Published[] };
    expect(versions.map(({ signedOff }) => signedOff?.by ?? null)).toEqual(
      [1, 2].map((one) => (one <= number ? "Ada Moss" : null)),
    );
  }

  expect(await resourcesOf(stack)).toEqual(resources);
  const history = done(await stack.pulumi("stack", "history", "--json"));
  const results = (JSON.parse(history) as readonly { result: string }[]).map((one) => one.result);
  expect(results).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(await stack.preview("--expect-no-changes")).toMatchObject({ status: 0 });

  // Under the variable the program declares nothing: left behind in a shell, it must not empty a stack.
  stack.variables = { DDL_PUBLISH_ONLY: "1" };
  const left = await stack.up();
  expect(left.status).not.toBe(0);
  expect(left.output).toMatch(/DDL_PUBLISH_ONLY is set to "1"[^]*Hint: unset/);
  stack.variables = {};
  expect(await resourcesOf(stack)).toEqual(resources);
});

interface Published {
  readonly signedOff: { readonly by: string } | null;
}

/** As `ddl promote` does, which finds the project's folder by itself. */
async function publish({ project, env }: ProgramStack): Promise<unknown> {
  process.env.DDL_PROJECT = project;
  try {
    return await publishDecisions({ name: "qa", environment: env }, false);
  } finally {
    delete process.env.DDL_PROJECT;
  }
}

/** Names of the resources that the state holds. */
async function resourcesOf(stack: ProgramStack): Promise<readonly string[]> {
  const { deployment } = JSON.parse(await stack.exportState()) as {
    deployment: { resources: readonly { urn: string }[] };
  };
  return deployment.resources.map(({ urn }) => urn).sort();
}
