/**
 * Where a run is told of: lines that stay, on standard output, and what goes on now. On a terminal that is one line,
 * rewritten, with the time that the run has taken; in a pipe it is a line now and then.
 * Does NOT decide what is told.
 */
import { lineWidth } from "./wrap";

export interface RunLog {
  /** A line that stays, or several. */
  readonly say: (text: string) => void;
  /** What goes on now. */
  readonly progress: (text: string) => void;
  /** The line of the moment is wiped away. */
  readonly end: () => void;
  /** What was told last of the moment; "" when nothing was. */
  readonly now: string;
}

/** The stream as far as it is needed. */
interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** In a pipe what goes on is told after so much silence. Milliseconds. */
const silenceMs = 20_000;
/** The time in the line of the moment is brought up to date so often. Milliseconds. */
const tickMs = 1_000;
const clearLine = "\r\u001b[2K";

/** @param now  The clock, in milliseconds. */
export function runLog(out: Out = process.stdout, clock: () => number = Date.now): RunLog {
  return new StreamLog(out, clock);
}

class StreamLog implements RunLog {
  now = "";
  private readonly started: number;
  private toldAt: number;
  private isOpen = false;
  private tick: NodeJS.Timeout | null = null;

  constructor(
    private readonly out: Out,
    private readonly clock: () => number,
  ) {
    this.started = this.toldAt = clock();
  }

  readonly say = (text: string): void => {
    this.out.write(`${this.isOpen ? clearLine : ""}${text}\n`);
    this.isOpen = false;
    this.toldAt = this.clock();
    if (this.tick !== null) this.draw();
  };

  readonly progress = (text: string): void => {
    this.now = text.split("\n")[0] ?? "";
    if (this.out.isTTY === true) {
      this.draw();
      this.tick ??= setInterval(() => {
        this.draw();
      }, tickMs).unref();
    } else if (this.clock() - this.toldAt >= silenceMs) {
      this.say(cut(this.now, lineWidth));
    }
  };

  readonly end = (): void => {
    if (this.tick !== null) clearInterval(this.tick);
    this.tick = null;
    if (this.isOpen) this.out.write(clearLine);
    this.isOpen = false;
    this.now = "";
  };

  private draw(): void {
    const seconds = Math.floor((this.clock() - this.started) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const width = Math.min(this.out.columns ?? 80, lineWidth) - 1;
    this.out.write(`${clearLine}${cut(`${time} ${this.now}`, width)}`);
    this.isOpen = true;
  }
}

function cut(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}…`;
}
