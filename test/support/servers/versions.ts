/**
 * The versions of PostgreSQL that a test runs on. Which those are belongs to the project that runs the test (see
 * jest.config.mjs): the newest alone in the everyday run, the older ones in the run of everything else.
 * Does NOT start a server. What behaves differently by version names its versions itself (MAJORS).
 */
import { type Major, MAJORS } from "../../../sandbox/binaries";

declare global {
  /** Set by jest.config.mjs for the whole project: which of the versions its tests are about. */
  var testedVersions: "newest" | "older" | undefined;
}

const [newest, ...older] = MAJORS;

/** For `describe.each` of a suite that must hold on every version alike. */
export const serverVersions: readonly Major[] =
  globalThis.testedVersions === "older" ? older : [newest];
