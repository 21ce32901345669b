// The faults that `make mutations` puts into the code: each names a text that is there, once, so that none goes blind
// while the code moves on.
import { faults } from "../../mutations/faults";
import { read } from "../../support/files/documents";

it.each(faults.map(({ what, file, text }) => [what, file, text] as const))(
  "%s: its text stands once in %s",
  (_, file, text) => {
    expect(read(file).split(text)).toHaveLength(2);
  },
);
