/**
 * What a rebuild of a stack's schemas took away, in words. Pure. Does NOT rebuild.
 */
import { type Tier, tierAbove } from "../../stack/tier";

/** Sign-offs and validations that a rebuild made void; empty for none. */
function voidText(tier: Tier, signed: readonly string[]): readonly string[] {
  if (signed.length === 0) return [];
  const above = tierAbove(tier);
  return [
    `Sign-offs of ${signed.join(", ")} went with them: they were about what is gone now.`,
    ...(above === null
      ? []
      : [
          `Before ${above} takes those versions: npx ddl promote --stack ${above} --sign --all --by "NAME"`,
        ]),
  ];
}

/**
 * @param versions  How many were applied.
 * @param signed    Those of them that were signed off.
 */
export const rebuiltText = (tier: Tier, versions: number, signed: readonly string[]): string =>
  [
    `Schemas dropped and made anew; ${versions} version(s) were applied and are pending again.`,
    ...voidText(tier, signed),
  ].join("\n");
