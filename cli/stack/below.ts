/**
 * Opens the stack that another one promotes from, for commands that work on both.
 * Does NOT connect.
 */
import type { Tier } from "../../stack/tier";
import { type Call, UsageError } from "../frame/command";
import { openStack, type Stack, stackIn, stackNames } from "./stack";

/** Variables that lead to one database: they are not another stack's. */
const leadsToDatabase = /^DDL_/;

/** An environment without what leads to one stack's database. */
export const elsewhere = (environment: Call["environment"]): Call["environment"] =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !leadsToDatabase.test(name)));

/** The same call for another stack. */
export const withStack = (call: Call, name: string): Call => ({
  ...call,
  text: (option) => (option === "stack" ? name : call.text(option)),
});

/**
 * The stack of the tier below: in the sandbox that of its name, else the one that promotesFrom names.
 *
 * @throws {UsageError} this project has no file for it.
 */
export async function stackBelow(call: Call, to: Stack, below: Tier): Promise<Stack> {
  if (call.flag("sandbox")) return openStack(withStack(call, below));
  const name = to.access.settings.run.promotesFrom?.split("/").at(-1) ?? below;
  if ((await stackNames()).includes(name)) return stackIn(name, elsewhere(call.environment));
  throw new UsageError(
    `There is no file Pulumi.${name}.yaml for the stack that ${to.name} promotes from.`,
    `correct promotesFrom in Pulumi.${to.name}.yaml.`,
  );
}
