/**
 * Gate rule found-already: its texts, its examples, and what it finds.
 * Does NOT ask whether what is there is what the files would make (see ddl compare).
 */
import { shortList } from "../../input/findings";
import { always } from "../../input/gateRule";
import { planRule } from "../planRule";

export const foundAlready = planRule({
  id: "found-already",

  severity: always,
  problem: "A file would make what is there already, in a database of which nothing is recorded.",
  why: "the database was made elsewhere: its files would stop at the first thing that is there, half way.",
  source: "Policy, Migration Tracking Table",
  bad: {
    states: [],
    found: [{ fileName: "001_add_jobs.sql", objects: ["dagapp.jobs"] }],
  },
  good: { found: [] },
  find: ({ found = [], plan, tier }) =>
    found.map(({ fileName, objects }) => ({
      file: fileName,
      line: null,
      message: `it would make what is there already: ${shortList(objects)}.`,
      remedy: `npx ddl compare ${plan.pending.at(-1)?.header.version ?? "VERSION"} --stack ${tier} names what differs from the files; then npx ddl baseline VERSION --stack ${tier} --by <person> --reason <why> records what is there as applied.`,
    })),
});
