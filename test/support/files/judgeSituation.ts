/**
 * Judges a situation of a rule's page: 001 with 1.0.0 is applied, 002 with 1.1.0 is pending and has been through the
 * tiers below, its ticket is named; and one thing is otherwise.
 * Does NOT touch the disk or a database.
 */
import { checkGate } from "../../../migrations/engine/gate/gate";
import type { Situation } from "../../../migrations/engine/gate/input/examples";
import type { Violation } from "../../../migrations/engine/gate/input/gateRule";
import { type AppliedState, planMigrations } from "../../../migrations/engine/gate/input/plan";
import { type Tier, tierRules } from "../../../stack/tier";
import { lowerWith, publishedAs, publishedPgstacAs } from "../program/published";
import { exampleDay, exampleMigrations, exampleSchemas } from "./ruleExample";

const usualChange = {
  body: "CREATE TABLE dagapp.stages (stage_id INTEGER);",
  rollback: "DROP TABLE IF EXISTS dagapp.stages;",
  postflight:
    "DO $$ BEGIN IF to_regclass('dagapp.stages') IS NULL THEN RAISE EXCEPTION 'no'; END IF; RAISE NOTICE 'done'; END $$;",
};

export function judgeSituation(situation: Situation, tier: Tier): readonly Violation[] {
  const { file, states, below, belowRows, lower, belowPgstac, ...rest } = situation;
  const { targetVersion = "1.1.0", ...input } = rest;
  const pgstac = publishedPgstacAs(situation.pgstac?.version, belowPgstac);
  const files = exampleMigrations({ ...usualChange, ...file });
  const [first, second] = files;
  if (first === undefined || second === undefined) throw new Error("An example has two files.");
  const recorded = (states ?? [{ version: "1.0.0" }]).map((state): AppliedState => {
    const own = files.find(({ header }) => header.version === state.version);
    return {
      ...{ status: "applied", checksum: own?.checksum ?? null },
      rollbackChecksum: own?.rollback?.checksum ?? null,
      ...state,
    };
  });
  const published = publishedAs(second, below ?? {});
  const proven =
    belowRows === undefined || published.proven === null
      ? published.proven
      : { ...published.proven, rows: belowRows };
  const versions = below === null ? [] : [{ ...published, proven }];
  const { lowerTier } = tierRules[tier];
  const usualLower =
    lowerTier === null
      ? null
      : {
          ...lowerWith(lowerTier, [publishedAs(first), ...versions]),
          ...pgstac,
        };
  return checkGate({
    ...{ tier, files, targetVersion, schemas: exampleSchemas, now: exampleDay },
    plan: planMigrations(files, recorded, targetVersion),
    lower: lower === undefined ? usualLower : lower,
    ...{ tickets: ["CHG-2026-0142"], migratorConfigured: true, isUpdate: true },
    ...{ windows: [], breakGlass: null, appliedAt: () => null },
    ...input,
  });
}
