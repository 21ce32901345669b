/**
 * Commands in messages as they can be pasted where they are shown. Pure.
 * Does NOT know what the commands do.
 */

/** `npx ddl signoff 0.3.0 --stack qa`, up to the stack's name. */
const ddlOnStack = /\bddl [^\n;]*?--stack \w+\b(?! --sandbox)/g;

/** `pulumi up on qa`, `run up on qa`. */
const upOn = /\b(?:run )?up on (?:[\w-]+\/[\w-]+\/)?(dev|qa|uat|prod)\b/g;

/** The same text for somebody who works in the sandbox: its databases, and make. */
export const inSandbox = (text: string): string =>
  text
    .replaceAll(ddlOnStack, (command) => `${command} --sandbox`)
    .replaceAll(upOn, (_, stack: string) => `make up STACK=${stack}`);
