/**
 * Ctrl-C in two steps, as in `pulumi up`: the first lets what runs come to its end, the second ends this process; the
 * server then cancels the running statement within two seconds (client_connection_check_interval).
 * Does NOT undo anything: what is done is on record, and the next run resumes.
 */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Status by which shells know that a signal ended a command. */
const endedBySigint = 130;

/**
 * Runs `work`, which asks `isStopping` before it begins anything new.
 *
 * @param now    What runs at the moment, in words; "" where nobody knows.
 * @param again  The command that goes on from there.
 */
export async function interruptible<T>(
  say: (line: string) => void,
  work: (isStopping: () => boolean) => Promise<T>,
  now: () => string,
  again: string,
): Promise<T> {
  let interruptions = 0;
  const interrupt = (): void => {
    interruptions += 1;
    if (interruptions > 1) {
      say(
        "\nCancelled: the server ends the running statement within seconds, and its transaction is undone.\n" +
          "Kept: everything that was committed, each with its record in the database.\n" +
          `To go on from there: ${again}`,
      );
      process.exit(endedBySigint);
    }
    const what = now() === "" ? "what runs" : `this step (${now()})`;
    say(
      `\nStopping: ${what} is finished first, and nothing is begun after it.\n` +
        "Press Ctrl-C once more to cancel it.",
    );
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await work(() => interruptions > 0);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
