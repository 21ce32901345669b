// A part of the structure that was read again goes into what is known, or makes all of it be read again.
import {
  knownAfter,
  type KnownStructure,
  type Touched,
} from "../../../migrations/engine/history/knownStructure";
import { digestSnapshot, type SnapshotLine } from "../../../migrations/engine/history/snapshot";

const line = (object: string, part = "itself", text = "exists"): SnapshotLine => ({
  ...{ object, part, text, isPrivilege: false },
});
const known = (...lines: readonly SnapshotLine[]): KnownStructure => ({
  objects: digestSnapshot(lines, 18).objects,
  relations: new Map([
    [1, "table dagapp.a"],
    [2, "table dagapp.b"],
  ]),
});
const tables = [line("table dagapp.a"), line("table dagapp.b", "column x", "integer")];
const some = (...relations: readonly number[]): Touched => ({
  ...{ relations, routines: false, types: false },
});
const after = (
  before: KnownStructure,
  touched: Touched,
  lines: readonly SnapshotLine[],
  relations: readonly (readonly [number, string])[],
): KnownStructure | null =>
  knownAfter(before, touched, { lines, relations: new Map(relations) }, 18);

it("takes in what is new, what is changed and what is gone", () => {
  const c = [line("table dagapp.c"), line("table dagapp.c", "column y", "text")];
  const added = after(known(...tables), some(3), c, [[3, "table dagapp.c"]]);
  expect(added?.objects).toEqual(known(...tables, ...c).objects);
  const gone = after(known(...tables), some(1), [], []);
  expect(gone?.objects).toEqual(known(line("table dagapp.b", "column x", "integer")).objects);
  const changed = [line("table dagapp.b", "column x", "bigint")];
  expect(after(known(...tables), some(2), changed, [[2, "table dagapp.b"]])?.objects).toEqual(
    known(line("table dagapp.a"), ...changed).objects,
  );
});

it("leaves alone what was not asked for", () => {
  const other = [line("publication p"), line("type dagapp.state")];
  const found = after(
    known(...tables, ...other),
    some(1),
    [line("publication p", "table", "x")],
    [[1, "table dagapp.a"]],
  );
  expect(found?.objects).toMatchObject(known(...other).objects);
});

it.each<
  readonly [string, Touched, readonly SnapshotLine[], readonly (readonly [number, string])[]]
>([
  ["another name of a table", some(1), [line("table dagapp.z")], [[1, "table dagapp.z"]]],
  [
    "a column that is gone, or called otherwise",
    some(2),
    [line("table dagapp.b", "column z", "integer")],
    [[2, "table dagapp.b"]],
  ],
  [
    "a routine that is gone, or called otherwise",
    { ...some(), routines: true },
    [line("function dagapp.g()")],
    [],
  ],
  ["a type that is gone, or called otherwise", { ...some(), types: true }, [], []],
  [
    "a type that is another",
    { ...some(), types: true },
    [line("type dagapp.state", "itself", "labels")],
    [],
  ],
])("asks for everything after %s", (_, touched, lines, relations) => {
  const before = known(...tables, line("function dagapp.f()"), line("type dagapp.state"));
  expect(after(before, touched, lines, relations)).toBeNull();
});
