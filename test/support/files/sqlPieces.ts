/**
 * Generators of SQL that is easily split in the wrong place.
 * Does NOT make SQL that a server would run on its own tables (see the splitting test of the database).
 */
import fc from "fast-check";

/** What may stand between two statements. */
export const gap = fc.constantFrom(
  " ",
  "\n",
  "\t",
  "\r\n",
  ";",
  "-- ü; '\n",
  "-- $$ /*\n",
  "/* ; */",
  "/* ' /* ; */ $a$ */",
  "/**/",
);

/** Text without what would end the kind of quote it stands in. */
const inside = fc
  .array(fc.constantFrom(";", "--", "/*", "*/", '"', "é", "😀", "\n", "BEGIN", "$", "x", " "))
  .map((parts) => parts.join(""));

const tag = fc.constantFrom("", "a", "body", "ü", "_1");

/** A literal in every way that PostgreSQL has to quote one. */
export const literal = fc.oneof(
  inside.map((text) => `'${text}''${text}'`),
  inside.map((text) => `E'${text}\\'\\\\${text}'`),
  inside.map((text) => `U&'${text.replaceAll("\\", "")}\\0041'`),
  fc
    .tuple(tag, inside)
    .filter(([name, text]) => !text.includes("$") || name !== "")
    .map(([name, text]) => `$${name}$${text}; ' $${name}x$ $${name}$`),
  fc.constant("'a'\n  'b;'"),
);

/** One statement without its semicolon. */
export const statementText = fc.oneof(
  literal.map((text) => `SELECT ${text}`),
  literal.map((text) => `INSERT INTO a.b VALUES (${text}, 1)`),
  inside.map((text) => `SELECT 1 AS "${text.replaceAll('"', '""')}x;"`),
  fc.constantFrom(
    "BEGIN",
    "COMMIT",
    "DO $$ BEGIN NULL; END; $$",
    "DO $a$ BEGIN EXECUTE $b$ SELECT 1; $b$; END $a$",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
    "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO a VALUES (';'); END",
    "CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2)",
    'CREATE TABLE "a;"."b""" (c int /* ; */)',
    "SELECT 1 -- ;\n + 2",
    'SELECT U&"d\\0061t\\+000061;"',
    "SELECT 5 <-- 3\n 4",
    "SELECT a$b$c FROM d",
    "SELECT $1::text",
  ),
);
