/**
 * Ends what a suite opens, by hooks that this registers. Does NOT open anything (see useServer.ts and
 * ../program/useProgramStacks.ts).
 */

/** How something that was opened ends. */
export type End = () => Promise<unknown>;

/**
 * Registers the hooks of the describe block that calls it, and returns what takes an end. One given in a test, or before
 * each, comes before the next test, so that the suite's own hooks after a test can still use what ends; any other at the
 * end of the suite. The last one given comes first.
 */
export function useLifetimes(): (end: End) => void {
  const ofSuite: End[] = [];
  const ofTest: End[] = [];
  let current = ofSuite;

  const endAll = async (ends: End[]): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };

  beforeEach(async () => {
    await endAll(ofTest);
    current = ofTest;
  });
  afterEach(() => {
    current = ofSuite;
  });
  afterAll(async () => {
    await endAll(ofTest);
    await endAll(ofSuite);
  });
  return (end) => current.push(end);
}
