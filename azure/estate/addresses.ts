/**
 * IPv4 addresses as numbers, so that ranges can be compared. Pure.
 * Does NOT know which of them belong to whom.
 */

/** The address as a number from 0 to 2^32 - 1, or null when the text is not one. */
export function addressNumber(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255)
    ? bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    : null;
}

/**
 * The range as blocks, largest first where they begin: `10.0.0.0/31`, `10.0.0.2/32` for 10.0.0.0 to 10.0.0.2. Empty when
 * an end is not an address.
 */
export function blocksOf(start: string, end: string): readonly string[] {
  const [from, to] = [addressNumber(start), addressNumber(end)];
  if (from === null || to === null) return [];
  const blocks: string[] = [];
  for (let next = from; next <= to;) {
    let bits = 32;
    while (bits > 0 && next % 2 ** (33 - bits) === 0 && next + 2 ** (33 - bits) - 1 <= to)
      bits -= 1;
    blocks.push(`${addressText(next)}/${bits}`);
    next += 2 ** (32 - bits);
  }
  return blocks;
}

const addressText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
