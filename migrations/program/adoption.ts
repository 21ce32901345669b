/**
 * Says, in the preview of an adoption, what it would do to whom; and keeps a run that only looks from declaring what is
 * there already.
 * Does NOT mend privileges (see roles/entry.ts) or register anything.
 */
import * as pulumi from "@pulumi/pulumi";

import { adoptionLines } from "../../roles/compare/adoption";
import { type AdoptionLook, lookForAdoption } from "../../roles/database/adoptionLook";
import type { Present } from "../../roles/resources/declareRoles";
import { type Access, withClient } from "../../stack/connection";
import { printable } from "../../stack/printable";
import { shortList } from "../engine/gate/input/findings";
import { findCollisions } from "../engine/survey/collisions";
import type { Survey } from "../engine/survey/survey";

/** What the server has already, for those who declare roles and schemas. */
export async function showAdoption(access: Access, survey: Survey): Promise<Present> {
  const { settings } = access;
  const { existingRoles: roles, unseen } = survey;
  if (settings.adopt === null || unseen !== null) return { roles, left: new Set() };
  const purpose = { account: "admin", activity: "plan", readOnly: true } as const;
  const held = [...survey.plan.pending, ...survey.plan.held];
  const { look, collisions } = await withClient(access, purpose, async (client) => ({
    look: await lookForAdoption(client, settings),
    collisions: await findCollisions(client, held),
  }));
  if (pulumi.runtime.isDryRun()) {
    const lines = [
      ...whatItTakes(look, settings.onlyLooks),
      ...collisions.map(
        ({ fileName, objects }) =>
          `${fileName} would make what is there already: ${shortList(objects)}`,
      ),
      ...(collisions.length === 0
        ? []
        : [
            `npx ddl compare names each difference, npx ddl baseline records what is there as applied.`,
          ]),
    ];
    if (lines.length > 0) await pulumi.log.warn(lines.map(printable).join("\n"));
  }
  return { roles, left: settings.onlyLooks ? leftAlone(look, settings.roles, roles) : new Set() };
}

function whatItTakes(
  { deviations, sessions }: AdoptionLook,
  onlyLooks: boolean,
): readonly string[] {
  const lines = adoptionLines(deviations, sessions);
  if (lines.length === 0) return [];
  return [
    onlyLooks
      ? "This run takes nothing away. Taking the database over (pulumi config rm adopt, then up) would:"
      : "Taking the database over:",
    ...lines.map((line) => `  ${line}`),
    `npx ddl grants shows all ${deviations.length} of it, each with its statement.`,
  ];
}

/** Roles of the application and of readers, and schemas: what is there belongs to somebody, and stays theirs for now. */
function leftAlone(
  { schemas }: AdoptionLook,
  { service, further }: Access["settings"]["roles"],
  existing: ReadonlySet<string>,
): ReadonlySet<string> {
  const roles = [service, ...further.map(({ name }) => name)].filter((name) => existing.has(name));
  return new Set([
    ...roles.map((name) => `role ${name}`),
    ...[...schemas].map((name) => `schema ${name}`),
  ]);
}
