/**
 * What long installations tell the person who waits: lines that stay, and progress that does not fill the screen.
 * Does NOT decide what is worth saying.
 */
export interface ProgressLog {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** The present state of something long: one line rewritten on a terminal, elsewhere a line now and then. */
  readonly progress: (line: string) => void;
}

const EVERY_MS = 20_000;
const CLEAR_LINE = "\r\u001b[2K";

/** A log on a stream: standard error by default, so that standard output stays the command's own. */
export function streamLog(stream: NodeJS.WriteStream = process.stderr): ProgressLog {
  let shownAt = 0;
  let hasOpenLine = false;
  const columns = (): number => stream.columns || 80;
  return {
    say(line) {
      stream.write(`${hasOpenLine ? CLEAR_LINE : ""}${line}\n`);
      hasOpenLine = false;
    },
    progress(line) {
      if (stream.isTTY) {
        stream.write(`${CLEAR_LINE}${line.slice(0, columns() - 1)}`);
        hasOpenLine = true;
      } else if (Date.now() - shownAt >= EVERY_MS) {
        stream.write(`${line}\n`);
        shownAt = Date.now();
      }
    },
  };
}

/** Says nothing. */
export const silentLog: ProgressLog = { say: () => undefined, progress: () => undefined };
