/** What is written in the form of a server, as the API wants it. */

/** The words of a command line: parted by spaces, unless they stand in quotes. */
export function words(line: string): string[] {
  const found = line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g) ?? [];
  return found.map((word) => {
    if (word.startsWith("'")) return word.slice(1, -1);
    return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word;
  });
}

/** Values by their names; a secret is said by its name, behind what was written before it. */
export function paired(rows: number[], said: FormData): Record<string, string> {
  const text = (name: string) => String(said.get(name) ?? "").trim();
  return Object.fromEntries(
    rows.map((row) => {
      const [secret, value] = [text(`secret-${row}`), text(`value-${row}`)];
      return [text(`name-${row}`), secret ? `${value} {{secret:${secret}}}`.trim() : value];
    }),
  );
}
