/**
 * What is seen of the server afterwards: its logs in a workspace, and an alert on structure changed by others.
 * Does NOT decide what the server logs (parameters.ts).
 */
import * as monitor from "@pulumi/azure-native/monitor";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import * as pulumi from "@pulumi/pulumi";

import { ddlByOthers } from "./estate/alertQuery";
import type { Names } from "./estate/names";

/** Kinds of logs that are kept: statements and audit, sessions, and what queries did and waited for. */
const logCategories = [
  "PostgreSQLLogs",
  "PostgreSQLFlexSessions",
  "PostgreSQLFlexQueryStoreRuntime",
  "PostgreSQLFlexQueryStoreWaitStats",
] as const;

export interface ObservationArgs {
  readonly names: Names;
  readonly server: string;
  readonly serverId: pulumi.Input<string>;
  readonly resourceGroup: pulumi.Input<string>;
  readonly location: string;
  readonly logDays: number;
  readonly migrators: readonly string[];
  readonly alertEmails: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Declares workspace, diagnostic setting, and the alert with those it tells. Returns the workspace's id. */
export function observation(
  name: string,
  args: ObservationArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { names, location, tags } = args;
  const resourceGroupName = args.resourceGroup;
  const workspace = new operationalinsights.Workspace(
    `${name}-logs`,
    {
      workspaceName: names.workspace,
      resourceGroupName,
      location,
      sku: { name: "PerGB2018" },
      retentionInDays: args.logDays,
      // No daily cap: what is over it is thrown away, and the alert with it.
      workspaceCapping: { dailyQuotaGb: -1 },
      tags,
    },
    opts,
  );
  new monitor.DiagnosticSetting(
    `${name}-diagnostics`,
    {
      name: names.diagnostics,
      resourceUri: args.serverId,
      workspaceId: workspace.id,
      logs: logCategories.map((category) => ({ category, enabled: true })),
      metrics: [{ category: "AllMetrics", enabled: true }],
    },
    opts,
  );
  const told = new monitor.ActionGroup(
    `${name}-dba`,
    {
      actionGroupName: names.actionGroup,
      groupShortName: names.actionGroupShort,
      resourceGroupName,
      location: "Global",
      enabled: true,
      emailReceivers: args.alertEmails.map((emailAddress) => ({
        name: emailAddress,
        emailAddress,
        useCommonAlertSchema: true,
      })),
      tags,
    },
    opts,
  );
  new monitor.ScheduledQueryRule(
    `${name}-ddl-by-others`,
    {
      ruleName: names.alert,
      displayName: names.alert,
      description: `Somebody who is none of the migrators (${args.migrators.join(", ")}) changed the structure of a database on ${args.server}.`,
      resourceGroupName,
      location,
      kind: "LogAlert",
      enabled: true,
      severity: 1,
      scopes: [workspace.id],
      evaluationFrequency: "PT5M",
      windowSize: "PT5M",
      autoMitigate: false,
      criteria: {
        allOf: [
          {
            query: ddlByOthers(args.server, args.migrators),
            timeAggregation: "Count",
            // Not the SDK's enum, which holds the word of metric alerts.
            operator: "GreaterThan",
            threshold: 0,
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      actions: { actionGroups: [told.id] },
      tags,
    },
    opts,
  );
  return workspace.id;
}
