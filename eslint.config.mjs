// What the linter demands: rooms import one way, pure rooms reach no effect, nothing logs by accident.
// Does NOT know the rooms (see rooms.json); test/unit/structure holds circles and files that no room names.
import { readFileSync } from "node:fs";

import pulumi from "@pulumi/eslint-plugin";
import boundaries from "eslint-plugin-boundaries";
import simpleImportSort from "eslint-plugin-simple-import-sort";
import tseslint from "typescript-eslint";

const { entries, rooms } = JSON.parse(readFileSync(new URL("rooms.json", import.meta.url), "utf8"));

const filesOf = ({ folder }) => `${folder}/*.ts`;
const names = rooms.map(({ name }) => name);
const forbiddenTo = ({ name, imports }) =>
  names.filter((other) => other !== name && !imports.includes(other));

/** Pure files outside of pure rooms: the stand-in plugin decides in these and acts in the others. */
const pureFiles = [
  "toolchain/postgresql-plugin/{errors,properties,rolePlan,roleSettings,saslprep,saslprepTables,scram,settings,wire}.ts",
];

export default tseslint.config(
  { ignores: ["node_modules/", ".sandbox/", ".build/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { "@pulumi": pulumi, "simple-import-sort": simpleImportSort },
    rules: {
      "no-console": "error",
      "simple-import-sort/imports": "error",
      "@pulumi/no-output-in-template-literal": "error",
      // Numbers and booleans read well in messages; only objects print badly.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ["**/*.ts"],
    ignores: ["test/**"],
    // One idea a file: a long one is asked about, never cut in two for its length alone.
    rules: { "max-lines": ["warn", { max: 400 }] },
  },
  {
    files: rooms.map(filesOf),
    ignores: entries,
    plugins: { boundaries },
    settings: {
      "import/resolver": { typescript: { project: "./tsconfig.json" } },
      "boundaries/files": rooms.map((room) => ({
        category: room.name,
        pattern: filesOf(room),
        partialMatch: false,
      })),
    },
    rules: {
      "boundaries/dependencies": [
        "error",
        {
          default: "allow",
          policies: rooms.map((room) => ({
            from: { file: { categories: room.name } },
            disallow: { to: { file: { categories: { anyOf: forbiddenTo(room) } } } },
          })),
        },
      ],
    },
  },
  {
    files: [...rooms.filter(({ pure }) => pure).map(filesOf), ...pureFiles],
    ignores: entries,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["pg", "node:*", "!node:crypto", "@pulumi/*", "@azure/*"],
              message: "This room is pure: take the value as a parameter.",
            },
          ],
        },
      ],
    },
  },
);
