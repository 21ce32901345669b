// What a header says in words: a nonsense value in any line is refused in uat and prod and named; what people write is not.
import {
  choiceFault,
  durationFault,
  saysSomething,
} from "../../../migrations/engine/gate/rules/header/plainWords";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { judgeExample } from "../../support/files/judgeExample";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

it.each([
  ...[
    "1 minute",
    "5-10 minutes",
    "5 to 10 min",
    "< 1 minute",
    "less than a minute",
    "about two hours",
  ],
  ...[
    "30 s",
    "PT5M",
    "one minute",
    "seconds",
    "a few seconds",
    "Under 1 second",
    "2h",
    "up to 3 days",
  ],
  ...["2 minutes for a million jobs", "10 minutes (prod)", "90 seconds to 2 minutes", "immediate"],
  ...["1 hour 30 minutes", "1h 30m", "1h30m", "2 min 30 s", "1 hour and 5 minutes (prod)", "1h 0m"],
  ...["5 minutes max", "1 minute or less", "10 seconds or so", "1 minute total", "max. 5 minutes"],
  ...["at least 5 minutes", "a couple of minutes", "2 minutes altogether, in batches"],
  ...["1,5 hours", "1,000 ms", "00:05:00", "about 00:05 in prod", "negligible", "1 week"],
  ...["20 minutes for ten million events", "1.5 hours", "half an hour", "~5 min, batches"],
])("takes %j for a duration", (text) => {
  expect(durationFault(text)).toBeNull();
});

it.each([
  ...["8000 years", "x", "-5 minutes", "0", "0 minutes", "unknown", "soon", "NaN", "-", "1 year"],
  ...[
    "1 minute to forever",
    "as long as it takes",
    "99999999 hours",
    "1 minute or 8000 years",
    "30 days",
  ],
  ...[
    "1 week 1 day",
    "1,000 hours",
    "5 minutes 3 hours",
    "1 hour 30",
    "00:00:00",
    "00:75",
    "200:00",
  ],
  ...["5 minutes or so they say", "2 weeks", "1 hour 30 parsecs", "1:2:3", "later"],
  ...["maybe 5 minutes or never", "five", "1 fortnight", "1 minute ha ha"],
])("takes %j for none", (text) => {
  expect(durationFault(text)).not.toBeNull();
});

it.each([
  ["No, but yes", "No", ["Yes"]],
  ["No (maybe)", "No", ["Yes"]],
  ["No, probably", "No", ["Yes"]],
  ["No, possibly", "No", ["Yes"]],
  ["No (perhaps in prod)", "No", ["Yes"]],
  ["Yes, not really", "Yes", []],
  ["Yes, possibly no", "Yes", []],
  ["Low or High", "Low", ["Medium", "High"]],
  ["Low/Medium", "Low", ["Medium", "High"]],
  ["Low - to Medium", "Low", ["Medium", "High"]],
  ["Low in dev, high in prod", "Low", ["Medium", "High"]],
  ["Manual, not possible", "Manual", ["Automatic", "Not possible"]],
  ["Medium, really High", "Medium", ["Low", "High"]],
  ["Low-ish", "Low", ["Medium", "High"]],
  ["Automatic, not really", "Automatic", ["Manual", "Not possible"]],
  ["Automatic; manual in prod", "Automatic", ["Manual", "Not possible"]],
])("sees that %j takes itself back", (text, chosen, others) => {
  expect(choiceFault(text, chosen, others)).not.toBeNull();
});

it.each([
  ["No.", "No", ["Yes"]],
  ["Yes (5 minutes)", "Yes", []],
  [
    "Manual, not automatic: restore from backup",
    ...(["Manual", ["Automatic", "Not possible"]] as const),
  ],
  ["Manual (not automatic in prod)", "Manual", ["Automatic", "Not possible"]],
  ["Low, even at high traffic", "Low", ["Medium", "High"]],
  ["Low (no medium lock)", "Low", ["Medium", "High"]],
  ["No (possibly slower writes)", "No", ["Yes"]],
  ["Medium (ACCESS EXCLUSIVE for moments)", "Medium", ["Low", "High"]],
  ["Not possible, the rows are gone", "Not possible", ["Manual", "Automatic"]],
])("lets %j stand", (text, chosen, others) => {
  expect(choiceFault(text, chosen, others)).toBeNull();
});

it.each([
  "x",
  "asdf",
  "asdf qwerty",
  "aaaa bbbb",
  "1 2 3",
  "see ticket",
  "test migration",
  "todo: this",
])("takes %j for no description", (text) => {
  expect(saysSomething(text)).toBe(false);
});
it.each(["Adds a table.", "Ajoute une colonne", "\u6dfb\u52a0\u72b6\u6001\u5217"])(
  "takes %j for one",
  (text) => {
    expect(saysSomething(text)).toBe(true);
  },
);

it.each([
  ["Estimated duration", "8000 years"],
  ["Downtime required", "No, but yes"],
  ["Lock escalation risk", "Medium-ish"],
  ["Data recovery", "Automatic; maybe"],
  ["Tables affected", "dagapp.jobs, moon.base"],
  ["Tables affected", "dagapp.jobs, everything"],
])("names the line in uat and prod, and warns below: %s: %s", (field, value) => {
  const example = {
    body: "ALTER TABLE dagapp.jobs ADD COLUMN region TEXT;",
    rollback: "ALTER TABLE dagapp.jobs DROP COLUMN IF EXISTS region;",
    header: { [field]: value },
  };
  const found = (tier: "dev" | "qa" | "uat" | "prod") =>
    judgeExample(example, tier)
      .filter(({ rule }) => rule === "header-unclear")
      .map(({ severity, message }) => [severity, message.startsWith(`${field} `)]);
  expect([found("dev"), found("qa")]).toEqual([[["warning", true]], [["warning", true]]]);
  expect([found("uat"), found("prod")]).toEqual([[["error", true]], [["error", true]]]);
});

it("keeps the words as they are written", () => {
  expect(makeMigration({ downtime: "Yes" }).header.choices).toEqual({
    ...{ "Downtime required": "Yes", "Lock escalation risk": "Low", "Data recovery": "Manual" },
  });
});
