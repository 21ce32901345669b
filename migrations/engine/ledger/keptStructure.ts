/**
 * The structure as a run knows it: read whole once, and again only where a migration has touched it. What it was after one
 * migration is what it was before the next, for as long as nobody else has recorded anything.
 * Does NOT decide what was touched (see contract/touched.ts) or record anything (see runStructure.ts).
 */
import type { Client } from "pg";

import { knownAfter, type KnownStructure, type Touched } from "../history/knownStructure";
import { digestSnapshot, fingerprintOf } from "../history/snapshot";
import { structureOf } from "../history/structureLines";
import type { Expected, Structure } from "../history/structureRecord";
import { readAddressed, readServerMajor } from "./schemaSnapshot";
import { readExpected } from "./structure";

export class KeptStructure {
  private server: number | null = null;
  private known: KnownStructure | null = null;
  private expected: Expected | null = null;

  /** From now on nothing is taken for known: somebody else has done something, or a run has failed. */
  forget(): void {
    this.known = null;
    this.expected = null;
  }

  /** What should be there, by the events. @param client  Any that may read them. */
  async shouldBe(client: Client): Promise<Expected> {
    this.expected ??= await readExpected(client);
    return this.expected;
  }

  /**
   * What is there.
   *
   * @param beside   A session as Beside opens it.
   * @param touched  By what has run since it was last asked for; null: all of it may be another.
   * @throws {DatabaseError} see readAddressed.
   */
  async live(
    beside: Client,
    schemas: readonly string[],
    touched: Touched | null,
  ): Promise<Structure> {
    this.server ??= await readServerMajor(beside);
    const { known, server } = this;
    this.known = null;
    const part =
      known === null || touched === null ? null : await this.again(beside, schemas, known, touched);
    this.known = part ?? (await whole(beside, schemas, server));
    const { objects } = this.known;
    const fingerprint = fingerprintOf(objects);
    return { server, fingerprint, objects, schemas: [...schemas].sort() };
  }

  /** Takes notice of what should be there by what a run has just recorded; null: that cannot be told. */
  recorded(structure: Structure | null): void {
    this.expected = structure === null ? null : { kind: "known", structure, since: "this run" };
  }

  private async again(
    beside: Client,
    schemas: readonly string[],
    known: KnownStructure,
    touched: Touched,
  ): Promise<KnownStructure | null> {
    const nothing = touched.relations.length === 0 && !touched.routines && !touched.types;
    if (nothing) return known;
    const read = await readAddressed(beside, schemas, touched);
    return knownAfter(known, touched, read, this.server ?? 0);
  }
}

async function whole(
  beside: Client,
  schemas: readonly string[],
  server: number,
): Promise<KnownStructure> {
  const { lines, relations } = await readAddressed(beside, schemas, null);
  return { objects: digestSnapshot(structureOf(lines, server), server).objects, relations };
}
