// What the linter demands. Pure files may not reach an effect; nothing logs by accident.
import pulumi from "@pulumi/eslint-plugin";
import simpleImportSort from "eslint-plugin-simple-import-sort";
import tseslint from "typescript-eslint";

/** Modules that decide. They take values and return values; files, sockets and Pulumi stay outside. */
const pureFiles = [
  "roles/{privileges,pgstacRules,roleRules,ruleText,objectKinds,furtherRoles,model,login}.ts",
  "roles/{acl,adminGrants,expected,grantStatements,standing}.ts",
  "roles/{acl,expected,grantStatements,matrix,remarks,standing}.ts",
  "roles/{bypass,default,membership,owner,role}Deviations.ts",
  "migrations/engine/{tier,file,header,sections,statements,segments,checksum,plan,gate,history,errors,eventKinds,rollbackCommand,shape,stamp}.ts",
  "migrations/engine/{batch,batchDirective,batchPace,batchStatement,blockers,concurrentWork,lockPatience,preflight,segmentTraits}.ts",
  "migrations/engine/{collection,forbidden,gateFileRules,gatePlanRules,gatePromotionRules,gateRule,gateRules,promotion,window}.ts",
  "migrations/engine/{gateStructureRules,preflightPreview,structureRecord}.ts",
  "migrations/engine/{batch,batchDirective,batchPace,batchStatement,blockers,concurrentWork,lockPatience}.ts",
  "migrations/engine/{collection,forbidden,gateFileRules,gatePlanRules,gateRollbackRules,rollbackLosses,gateRule,gateRules}.ts",
  "migrations/engine/{batch,batchDirective,batchPace,batchStatement,blockers,concurrentWork,lockPatience,preflight}.ts",
  "migrations/engine/{collection,forbidden,gateFileRules,gatePlanRules,gateRule,gateRules}.ts",
  "migrations/engine/{headerCheck,headerLines,kindNames,ledgerChecks,ledgerStatements,parser}.ts",
  "migrations/engine/{preview,roleChange,sourceText,statementKinds,syntaxProblems,tree,snapshot,proof}.ts",
  "migrations/engine/{preview,roleChange,sourceText,passingError,statementKinds,syntaxProblems,tree}.ts",
  "migrations/engine/{preview,roleChange,sourceText,statementKinds,syntaxProblems,tree}.ts",
  "migrations/engine/{action,actionFolds,classify,columnEffects,columnParts,constraintEffects,createTableActions,creationEffects}.ts",
  "migrations/engine/{definitionActions,dropEffects,effect,effectDraft,functionActions,knownFunctions,layer,lockModes,madeUpNames}.ts",
  "cli/{columns,command,help,nearest,newMigration}.ts",
  "cli/{columns,command,help,nearest,newMigration,rollbackSteps,slug,target}.ts",
  "cli/{findings,report}/*.ts",
  "cli/findings/*.ts",
  "migrations/engine/{preview,roleChange,sourceText,statementKinds,syntaxProblems,tree,snapshot,changeReport}.ts",
  "migrations/engine/{action,classify,columnParts,definitionActions,dropEffects,effect,effectDraft,enumMistakes}.ts",
  "migrations/engine/{knownFunctions,layer,lockModes,objectActions,objectEffects,partitionEffects,plpgsqlActions}.ts",
  "migrations/engine/{queryEffects,queryUse,readActions,risk,schemaDraft,schemaFold,schemaModel}.ts",
  "migrations/engine/{tableCommands,tableDropEffects,tableEffects,typeChanges}.ts",
  "migrations/engine/rules/*.ts",
  "migrations/engine/{action,actionFolds,classify,columnEffects,columnParts,constraintEffects,creationEffects}.ts",
  "migrations/engine/{definitionActions,dropEffects,effect,effectDraft,knownFunctions,layer,lockModes,madeUpNames}.ts",
  "migrations/engine/{mistakes,objectActions,objectEffects,partitionEffects,planTable,plpgsqlActions,queryEffects}.ts",
  "migrations/engine/{queryUse,readActions,relationDraft,renameFolds,risk,schemaDraft,schemaFold,schemaModel,tableAction}.ts",
  "migrations/engine/{tableCommands,tableDropEffects,tableEffects,tableFolds,typeChanges,upkeepEffects}.ts",
  "toolchain/postgresql-plugin/{saslprep,saslprepTables,scram,wire,properties,settings,roleSettings,rolePlan,errors}.ts",
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
