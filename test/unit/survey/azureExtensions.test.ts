/** What Azure's own error about an extension is answered with: the missing entry, and the parameter to set. */
import { allowListRemedy } from "../../../migrations/engine/survey/azureExtensions";
import { azureSettings } from "../../support/azure/azureSettings";
import { makeSettings } from "../../support/program/makeSettings";

const refusal =
  'Extension "hstore" is not allow-listed for "azure_pg_admin" users in Azure Database for PostgreSQL';

it("names entry and parameter of a server that the stack adopted", () => {
  expect(allowListRemedy(refusal, azureSettings("dev", {}, {}, "adopt"))).toBe(
    "the server parameter azure.extensions lacks the entry hstore. " +
      "Add it to the server parameter azure.extensions, then run up again:\n" +
      "  az postgres flexible-server parameter set -g rg-geo-dev -s geo-dev --name azure.extensions \\\n" +
      '    --value "$(az postgres flexible-server parameter show -g rg-geo-dev -s geo-dev --name azure.extensions --query value -o tsv),hstore"',
  );
});

it("names the stack's key where this program sets the parameter", () => {
  expect(allowListRemedy(refusal, azureSettings("dev"))).toBe(
    "the server parameter azure.extensions lacks the entry hstore. " +
      "Name hstore in rmhgeoapi-database:extensions; up sets azure.extensions from there.",
  );
});

it("has nothing to say of other errors", () => {
  expect(
    allowListRemedy('permission denied to create extension "hstore"', makeSettings()),
  ).toBeNull();
});
