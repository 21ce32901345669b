/**
 * A run that somebody watches: what only counts at the moment goes into one line on a terminal, what stays stays, and
 * Ctrl-C says what runs and how to go on.
 * Does NOT run anything (see migrations/engine/run), or write to a stream (see ../frame/terminal.ts).
 */
import { isOfTheMoment } from "../../migrations/engine/server/lockWaiting";
import type { Log } from "../../stack/log";
import type { Call } from "../frame/command";
import { interruptible } from "../frame/interruption";

/** The command as it is typed to go on: `npx ddl apply --stack dev --sandbox`. */
function typedAgain(name: string, call: Call): string {
  const value = (option: string): readonly string[] => {
    const text = call.text(option);
    return text === undefined ? [] : [`--${option}`, text];
  };
  const tickets = call.list("ticket").flatMap((one) => ["--ticket", one]);
  const sandbox = call.flag("sandbox") ? ["--sandbox"] : [];
  const options = [...value("to"), ...tickets, ...value("stack"), ...sandbox];
  return ["npx ddl", name, ...call.args, ...options].join(" ");
}

/**
 * Runs `work` until it ends or is interrupted.
 *
 * @param name  Of the command.
 * @param work  Tells what goes on, and asks `isStopping` before it begins anything new.
 */
export function watchedRun<T>(
  name: string,
  call: Call,
  work: (tell: Log, isStopping: () => boolean) => Promise<T>,
): Promise<T> {
  const { say, moment = say } = call.terminal;
  let now = "";
  const tell: Log = (line) => {
    now = line;
    (isOfTheMoment(line) ? moment : say)(line);
  };
  return interruptible(
    say,
    (isStopping) => work(tell, isStopping),
    () => now,
    typedAgain(name, call),
  );
}
