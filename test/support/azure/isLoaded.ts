/**
 * Declares a server in a process of its own, whose require.cache tells what was loaded: jest keeps a cache of its own.
 * Does NOT reach Azure.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Settings } from "../../../stack/settings";

export interface Loaded {
  /** Files of azure-native among the loaded ones. */
  readonly azureNative: readonly string[];
  readonly registered: number;
}

const repository = join(__dirname, "..", "..", "..");

const script = `
const pulumi = require("@pulumi/pulumi");
let registered = 0;
(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => { registered += 1; return { id: name, state: { ...inputs, name } }; },
    call: () => ({}),
  });
  const { declareServer } = require("./azure/declareServer");
  const settings = JSON.parse(process.env.SETTINGS);
  await declareServer({ settings, passwordOf: async () => "a password" }, async () => []);
  await pulumi.runtime.disconnect();
  const azureNative = Object.keys(require.cache).filter((file) => file.includes("azure-native"));
  console.log(JSON.stringify({ azureNative, registered }));
})();`;

export async function isLoaded(settings: Settings): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--eval", script],
    { cwd: repository, env: { ...process.env, SETTINGS: JSON.stringify(settings) } },
  );
  return JSON.parse(stdout) as Loaded;
}
