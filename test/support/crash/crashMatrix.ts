/**
 * The crash matrix in full: every question of a run, before and after the server has it, with every disturbance.
 * `make crash-matrix` runs it; a sample is in test/database/run/crashMatrix.long.test.ts. Ends with status 1 when a point fails.
 */
import { type Major, MAJORS } from "../../../sandbox/binaries";
import { CrashWorld, type Disturbance, disturbances, steps } from "./crashPoints";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Arguments: majors, disturbances and `every=N`, in any order; all by default. */
const words = process.argv.slice(2);
const majors = MAJORS.filter((major) => words.includes(String(major)));
const kinds = disturbances.filter((kind) => words.includes(kind));
const every = Number(words.find((word) => word.startsWith("every="))?.slice(6) ?? 1);

async function matrixOf(major: Major, chosen: readonly Disturbance[]): Promise<number> {
  const world = await CrashWorld.start(major);
  let failures = 0;
  for (const disturbance of chosen) {
    for (const step of steps) {
      const endings = new Map<string, number>();
      let points = 0;
      for (let question = 1; question <= world.questionsOf(step); question += every) {
        for (const moment of ["before", "after"] as const) {
          const { fault, ended } = await world.disturb({ step, disturbance, question, moment });
          points += 1;
          endings.set(ended, (endings.get(ended) ?? 0) + 1);
          if (fault === null && ended !== "got stuck") continue;
          failures += 1;
          say(
            `  FAILED ${step}, ${disturbance}, ${moment} question ${question} (${ended}): ${fault ?? ""}`,
          );
        }
      }
      const how = [...endings].map(([ended, count]) => `${count} ${ended}`).join(", ");
      say(
        `PostgreSQL ${major}, ${step}, ${disturbance}: ${points} points (${how}), ${failures} failures so far`,
      );
    }
  }
  await world.close();
  return failures;
}

async function main(): Promise<void> {
  let failures = 0;
  for (const major of majors.length > 0 ? majors : MAJORS) {
    failures += await matrixOf(major, kinds.length > 0 ? kinds : disturbances);
  }
  say(failures === 0 ? "no failures" : `${failures} failures`);
  process.exitCode = failures === 0 ? 0 : 1;
}

void main();
