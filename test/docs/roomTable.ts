/**
 * The table of the rooms, made from the data by which the linter refuses imports. Pure.
 * Does NOT say what may import what (see rooms.json).
 */
import rooms from "../../rooms.json";
import { markdownTable } from "./markdownTable";

/** One row a room, lower rooms first. */
export const roomTable = (): string =>
  markdownTable(
    ["room", "folder", "what is in it", "may import", "pure"],
    rooms.rooms.map(({ name, folder, charter, imports, pure }) => [
      name,
      `\`${folder.replace(/\/\*\*$/, "/")}\``,
      charter,
      imports.length === 0 ? "-" : imports.join(", "),
      pure ? "yes" : "-",
    ]),
  );
