/**
 * The tour's stops, in order: what is run, why, and how it must end. Pure data, made from the migrations at hand.
 * Does NOT run anything (see tour.ts).
 */
import type { MigrationFile } from "../../migrations/engine/files/file";
import type { Tier } from "../../stack/tier";

/** What is run at a stop. */
export type Errand =
  /** `make <target> STACK=<stack> TICKETS=<tickets>` */
  | {
      readonly kind: "make";
      readonly target: "up" | "drift" | "heal" | "rebuild";
      readonly stack: Tier;
      readonly tickets?: readonly string[];
    }
  /** `npx ddl …` on the sandbox. */
  | { readonly kind: "ddl"; readonly args: readonly string[] }
  /** Somebody with the admin's password, past this program. */
  | { readonly kind: "by hand"; readonly stack: Tier; readonly sql: readonly string[] };

export interface Stop {
  readonly title: string;
  /** What is about to be seen, and why it is so. */
  readonly why: string;
  readonly errands: readonly Errand[];
  /** refused, found (a drift): every errand must end with a failure. */
  readonly ends: "done" | "refused" | "found";
  /** Texts that the output must show, such as the rules that refuse. */
  readonly shows: readonly string[];
}

/** What the stops are made from. */
export interface Itinerary {
  /** Files up to the target of uat and of prod, lowest first. */
  readonly uat: readonly MigrationFile[];
  readonly prod: readonly MigrationFile[];
  /** Names of prod's roles, quoted for SQL. */
  readonly infrastructureRole: string;
  readonly serviceRole: string;
}

const ticketsOf = (files: readonly MigrationFile[]): readonly string[] => [
  ...new Set(files.map(({ header }) => header.ticket)),
];

const up = (stack: Tier, tickets: readonly string[] = []): Errand => ({
  kind: "make",
  target: "up",
  stack,
  tickets,
});

/** The same command for each version. */
const forEach = (
  files: readonly MigrationFile[],
  args: (version: string) => readonly string[],
): readonly Errand[] =>
  files.map(({ header }) => ({ kind: "ddl", args: [...args(header.version), "--sandbox"] }));

/** A ticket that no file names. */
const foreignTicket = "CHG-2026-9999";

/** All stops. */
export function tourStops({
  uat,
  prod,
  infrastructureRole,
  serviceRole,
}: Itinerary): readonly Stop[] {
  const newest = prod.at(-1);
  const [newestVersion, newestTicket] = [
    newest?.header.version ?? "",
    newest?.header.ticket ?? foreignTicket,
  ];
  return [
    {
      title: "dev: everything at once",
      why: "A developer's database takes all migrations without ticket or review. Each rollback is proven in a scratch database: applied, rolled back, applied again, and nothing may differ.",
      errands: [up("dev")],
      ends: "done",
      shows: [],
    },
    {
      title: "uat cannot come before qa",
      why: "A change walks through every tier. qa does not exist yet, which counts as not tried. Roles and privileges are made all the same: the gate holds back migrations only.",
      errands: [up("uat", ticketsOf(uat))],
      ends: "refused",
      shows: ["stack-missing"],
    },
    {
      title: "qa follows dev",
      why: "What runs here was applied in dev as the same text: the checksums that dev publishes are compared.",
      errands: [up("qa")],
      ends: "done",
      shows: [],
    },
    {
      title: "uat with the wrong ticket, and without QA's word",
      why: "All that is wrong is said at once: no file is under the ticket that was named, each file's own ticket was not, and nobody in qa has signed off.",
      errands: [up("uat", [foreignTicket])],
      ends: "refused",
      shows: ["ticket-required", "idle-ticket", "sign-off-missing"],
    },
    {
      title: "QA signs off",
      why: "A sign-off is an event in qa's database. The person is named; the login and the time are the server's own word. The next up publishes it.",
      errands: [
        ...forEach(uat, (version) => ["signoff", version, "--stack", "qa", "--by", "Quinn Abel"]),
        up("qa"),
      ],
      ends: "done",
      shows: ["signed off by Quinn Abel"],
    },
    {
      title: "uat, with its tickets",
      why: "Reviewed, ticketed, signed off, the rollback proven below: now it runs.",
      errands: [up("uat", ticketsOf(uat))],
      ends: "done",
      shows: [],
    },
    {
      title: "uat is never rebuilt",
      why: "Real data: no command, configuration or flag drops these schemas. The database's own stamp says what it is.",
      errands: [{ kind: "make", target: "rebuild", stack: "uat" }],
      ends: "refused",
      shows: ["never rebuilt"],
    },
    {
      title: "prod asks for more",
      why: "The application team has not looked at it in uat, uat has not signed off, and the rollback was not proven there.",
      errands: [up("prod", ticketsOf(prod))],
      ends: "refused",
      shows: ["validation-missing", "sign-off-missing", "rollback-unproven"],
    },
    {
      title: "uat cannot sign off what nobody has looked at",
      why: "First the application team validates, then uat signs off; and whoever ran the migration may do neither.",
      errands: forEach(prod.slice(0, 1), (version) => [
        ...["signoff", version, "--stack", "uat", "--by", "Uma Tate"],
      ]),
      ends: "refused",
      shows: ["was not validated in uat yet"],
    },
    {
      title: "uat validates, proves and signs off",
      why: "The proof runs in a scratch database beside uat's, never in one that somebody uses.",
      errands: [
        ...forEach(prod, (version) => ["validate", version, "--stack", "uat", "--by", "Ada Apps"]),
        { kind: "ddl", args: ["prove", "--stack", "uat", "--sandbox"] },
        ...forEach(prod, (version) => ["signoff", version, "--stack", "uat", "--by", "Uma Tate"]),
        up("uat"),
      ],
      ends: "done",
      shows: ["validated by Ada Apps", "is proven", "signed off by Uma Tate"],
    },
    {
      title: "prod, with its tickets",
      why: "Every clause of the policy holds.",
      errands: [up("prod", ticketsOf(prod))],
      ends: "done",
      shows: [],
    },
    {
      title: "once more",
      why: "prod's ordinary state: no ticket, nothing to do.",
      errands: [up("prod")],
      ends: "done",
      shows: ["Nothing changed"],
    },
    {
      title: "somebody gives a privilege by hand",
      why: "The service role shall empty a table tonight, thinks somebody, and gives it TRUNCATE.",
      errands: [
        {
          kind: "by hand",
          stack: "prod",
          sql: [
            `SET ROLE ${infrastructureRole}`,
            `GRANT TRUNCATE ON dagapp.jobs TO ${serviceRole}`,
          ],
        },
      ],
      ends: "done",
      shows: [],
    },
    {
      title: "it is found",
      why: "Every privilege of every role is compared with what is declared, whatever Pulumi's state says.",
      errands: [{ kind: "make", target: "drift", stack: "prod" }],
      ends: "found",
      shows: ["TRUNCATE", "dagapp.jobs"],
    },
    {
      title: "and mended, without a ticket",
      why: "No missing ticket and no failing migration stands in the way of exact privileges.",
      errands: [
        { kind: "make", target: "heal", stack: "prod" },
        { kind: "make", target: "drift", stack: "prod" },
      ],
      ends: "done",
      shows: ["No drift"],
    },
    {
      title: "somebody adds a column by hand",
      why: "Each run records what it changed in the schemas. What comes without a migration is named, and prod runs no migration until it is undone or a person vouches for it.",
      errands: [
        {
          kind: "by hand",
          stack: "prod",
          sql: [`SET ROLE ${infrastructureRole}`, "ALTER TABLE dagapp.jobs ADD COLUMN hotfix TEXT"],
        },
      ],
      ends: "done",
      shows: [],
    },
    {
      title: "it is found, too",
      why: "By name, and with what it is.",
      errands: [{ kind: "make", target: "drift", stack: "prod" }],
      ends: "found",
      shows: ["schema-drift", "table dagapp.jobs: column hotfix is new"],
    },
    {
      title: "and vouched for",
      why: "The event says who, why and what had changed; from here on it belongs to the schema.",
      errands: [
        {
          kind: "ddl",
          args: [
            ...["acknowledge", "--schema", "--stack", "prod", "--sandbox"],
            ...["--by", "Dora Base", "--reason", "incident 4711"],
          ],
        },
        { kind: "make", target: "drift", stack: "prod" },
      ],
      ends: "done",
      shows: ["No drift"],
    },
    {
      title: "a rollback needs a ticket too",
      why: "It changes the database: it is approved, and recorded.",
      errands: [{ kind: "ddl", args: ["rollback", newestVersion, "--stack", "prod", "--sandbox"] }],
      ends: "refused",
      shows: ["ticket"],
    },
    {
      title: "prod goes back, and forward again",
      why: "The rollback file runs as the migrator, is recorded, and leaves a database in which up can apply the version again.",
      errands: [
        {
          kind: "ddl",
          args: [
            ...["rollback", newestVersion, "--stack", "prod", "--sandbox"],
            ...["--ticket", newestTicket],
          ],
        },
        up("prod", [newestTicket]),
      ],
      ends: "done",
      shows: ["rolled back"],
    },
    {
      title: "what an auditor gets",
      why: "The policy's checklist, filled in from files, ledgers and events; what only people know stays open.",
      errands: [
        { kind: "ddl", args: ["evidence", newestTicket, "--sandbox"] },
        { kind: "ddl", args: ["status", "--stack", "prod", "--sandbox"] },
      ],
      ends: "done",
      shows: ["[x] Tested in UAT", "[ ] Communication sent to stakeholders"],
    },
  ];
}
