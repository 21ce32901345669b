/** What the pipelines' commands take: what people type into a form is checked, and each call that is wrong ends with 2. */
import { execute } from "../../../cli/frame/execute";
import { styleFor } from "../../../cli/frame/terminal";
import { pipelineProgram } from "../../../pipelines/program";

async function call(...words: readonly string[]) {
  const [printed, said]: [string[], string[]] = [[], []];
  const status = await execute(pipelineProgram, words, {
    terminal: {
      print: (text) => printed.push(text),
      say: (text) => said.push(text),
      style: styleFor(false, {}),
    },
    environment: {},
    folder: "/",
  });
  return { status, printed: printed.join("\n"), said: said.join("\n") };
}

it.each([
  [["up", "x;id"], '"x;id" is not a stack\'s name.'],
  [["preview", "--out", "reports", ""], '"" is not a stack\'s name.'],
  [["drift"], "pipelines/main.ts drift needs STACK."],
  [["up", "dev", "--must-pass"], "pipelines/main.ts up has no option --must-pass."],
  [["comment", "reports", "--stacks", "dev,$(id)"], '"$(id)" is not a stack\'s name.'],
  [["issue", "reports"], "This is no job of GitHub Actions or Azure Pipelines"],
  [["destroy", "dev"], "There is no command destroy."],
])("refuses %j", async (words, said) => {
  expect(await call(...words)).toMatchObject({
    status: 2,
    printed: "",
    said: expect.stringContaining(said) as unknown,
  });
});

it("shows what there is, and of each command what it takes", async () => {
  const { status, printed } = await call("--help");
  expect(status).toBe(0);
  for (const name of ["preview", "up", "drift", "comment", "issue"]) {
    expect(printed).toContain(`  ${name} `);
    expect((await call(name, "--help")).printed).toContain(`usage: pipelines/main.ts ${name} `);
  }
});
