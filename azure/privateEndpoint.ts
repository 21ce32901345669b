/**
 * A private endpoint and the zone in which its name is found, linked to the networks that connect.
 * Does NOT make networks, subnets or their security groups: they are the network team's.
 */
import * as network from "@pulumi/azure-native/network";
import * as privatedns from "@pulumi/azure-native/privatedns";
import * as pulumi from "@pulumi/pulumi";

export interface PrivateEndpointArgs {
  /** Physical name of the endpoint; also that of its connection. */
  readonly endpoint: string;
  /** What is reached, and by which of its doors. */
  readonly target: pulumi.Input<string>;
  readonly group: "postgresqlServer" | "vault";
  readonly zone: string;
  readonly resourceGroup: pulumi.Input<string>;
  readonly location: string;
  readonly subnetId: string;
  readonly networkIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Declares it, and returns what must be there before anybody connects. */
export function privateEndpoint(
  name: string,
  args: PrivateEndpointArgs,
  opts: pulumi.CustomResourceOptions,
): readonly pulumi.Resource[] {
  const { endpoint, target, group, location, subnetId, networkIds, tags } = args;
  const resourceGroupName = args.resourceGroup;
  const zone = new privatedns.PrivateZone(
    `${name}-zone`,
    { privateZoneName: args.zone, resourceGroupName, location: "Global", tags },
    opts,
  );
  const links = networkIds.map(
    (id, index) =>
      new privatedns.VirtualNetworkLink(
        `${name}-link-${index + 1}`,
        {
          virtualNetworkLinkName: `${endpoint}-${index + 1}`,
          privateZoneName: zone.name,
          resourceGroupName,
          location: "Global",
          virtualNetwork: { id },
          registrationEnabled: false,
          tags,
        },
        opts,
      ),
  );
  const made = new network.PrivateEndpoint(
    `${name}-endpoint`,
    {
      privateEndpointName: endpoint,
      resourceGroupName,
      location,
      subnet: { id: subnetId },
      privateLinkServiceConnections: [
        { name: endpoint, privateLinkServiceId: target, groupIds: [group] },
      ],
      tags,
    },
    opts,
  );
  const records = new network.PrivateDnsZoneGroup(
    `${name}-records`,
    {
      privateDnsZoneGroupName: "default",
      privateEndpointName: made.name,
      resourceGroupName,
      privateDnsZoneConfigs: [{ name: group, privateDnsZoneId: zone.id }],
    },
    opts,
  );
  return [records, ...links];
}
