/** All attempts to get past the permission model, by attacker and theme. Pure data. Does NOT run them. */
import type { Theme } from "./attack";
import { historyTries } from "./historyTries";
import { infrastructureMay } from "./infrastructureMay";
import { infrastructureTries } from "./infrastructureTries";
import { migrationTries } from "./migrationTries";
import { migratorTries } from "./migratorTries";
import { serviceDefines } from "./serviceDefines";
import { serviceGrants } from "./serviceGrants";
import { serviceHinders } from "./serviceHinders";
import { serviceReads } from "./serviceReads";
import { serviceServer } from "./serviceServer";
import { serviceShadows } from "./serviceShadows";

export const themes: readonly Theme[] = [
  serviceDefines,
  serviceGrants,
  serviceReads,
  serviceServer,
  serviceShadows,
  serviceHinders,
  migratorTries,
  infrastructureTries,
  infrastructureMay,
  historyTries,
  migrationTries,
];
