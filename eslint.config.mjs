// What the linter demands. Pure files may not reach an effect; nothing logs by accident.
import pulumi from "@pulumi/eslint-plugin";
import simpleImportSort from "eslint-plugin-simple-import-sort";
import tseslint from "typescript-eslint";

/** Where modules decide: they take values and return values. Files, sockets and Pulumi stay outside. */
const pureFiles = [
  "migrations/engine/**/*.ts",
  "roles/*.ts",
  "roles/compare/*.ts",
  "cli/frame/{columns,command,help,nearest}.ts",
  "cli/commands/{newMigration,slug}.ts",
  "cli/stack/{rollbackSteps,target}.ts",
  "cli/make/stops.ts",
  "cli/{findings,report}/*.ts",
  "toolchain/postgresql-plugin/{errors,properties,rolePlan,roleSettings,saslprep,saslprepTables,scram,settings,wire}.ts",
];

/** Those among them that do not: they read files, talk to servers or register resources. */
const effectFiles = [
  "migrations/engine/*.ts",
  "migrations/engine/{ledger,proof,run,server,survey}/*.ts",
  "roles/entry.ts",
];

export default tseslint.config(
  { ignores: ["node_modules/", ".sandbox/", ".build/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
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
    files: pureFiles,
    ignores: effectFiles,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["pg", "node:*", "!node:crypto", "@pulumi/*"], message: "This file is pure." },
            {
              regex: "/(load|database|ledger|events|run|catalog|entry)$",
              message: "This file is pure: take the value as a parameter.",
            },
          ],
        },
      ],
    },
  },
);
