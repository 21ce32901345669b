/**
 * The question that the alert asks the logs: who but a migrator changed the structure. Pure.
 * Does NOT judge what was changed: the gate does that before, the measured effects after.
 */

/** A text of the Kusto query language. */
const kustoText = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/**
 * Lines that pgaudit wrote of class DDL, by a login that is not a migrator. The admin's own steps (ledger, schemas,
 * extensions) are told too: they are rare, and each belongs to a run that somebody knows of.
 *
 * Lines look as logLinePrefix (parameters.ts) makes them: `…user=LOGIN,db=…-LOG:  AUDIT: SESSION,1,1,DDL,CREATE TABLE,…`.
 * Source: pgaudit, "Format"; Microsoft, security-audit and concepts-logging.
 */
export function ddlByOthers(server: string, migrators: readonly string[]): string {
  const allowed = [...migrators, "azuresu"].map(kustoText).join(", ");
  return [
    "AzureDiagnostics",
    `| where Category == "PostgreSQLLogs" and Resource =~ ${kustoText(server)}`,
    '| where Message contains "AUDIT:" and Message contains ",DDL,"',
    '| extend Login = extract("user=(.*?),db=", 1, Message)',
    `| where Login !in (${allowed})`,
    "| project TimeGenerated, Login, Message",
  ].join("\n");
}
