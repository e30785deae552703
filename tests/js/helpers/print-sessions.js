/** Prints the reproductions of as many sessions as the command line says, one a line, for tests/test_reproduce.py. */

import { session } from "./sessions.js";

for (let seed = 1; seed <= Number(process.argv[2]); seed += 1) {
  const { doc } = session(seed);
  console.log(await doc.reproduction());
  doc.close();
}
