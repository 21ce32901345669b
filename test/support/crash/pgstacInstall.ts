/**
 * A process that brings PgSTAC to a version and kills itself at one step: whatever it has started lives on.
 * Run with settings, password, version and step as JSON in INSTALL. Does NOT clean up.
 */
import { ensurePgstac } from "../../../pgstac/database/install";
import type { PgstacVersion } from "../../../pgstac/hardening/versions";
import type { Settings } from "../../../stack/settings";

interface Install {
  readonly settings: Settings;
  readonly password: string;
  readonly version: PgstacVersion;
  readonly step: string;
  /** Milliseconds that it lives on after the step. */
  readonly later: number;
}

const { settings, password, version, step, later } = JSON.parse(
  process.env["INSTALL"] ?? "{}",
) as Install;
const die = (): void => void process.kill(process.pid, "SIGKILL");

void ensurePgstac(
  { settings, passwordOf: () => Promise.resolve(password) },
  version,
  null,
  () => undefined,
  (reached) => {
    if (reached !== step) return;
    if (later === 0) die();
    setTimeout(die, later);
  },
);
