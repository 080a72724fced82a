/** The files of a folder that a person chose, as the API wants them. */

const MOST = 200;
const LARGEST = 2 * 2 ** 20; // bytes of all files

/** By their paths within the folder. What is hidden is left out; of what is too much, nothing is read. */
export async function folderOf(files: File[]): Promise<Map<string, Uint8Array>> {
  const named = files.map((file) => [within(file), file] as const).filter(([path]) => !/(^|\/)\./.test(path));
  if (named.length > MOST || named.reduce((sum, [, { size }]) => sum + size, 0) > LARGEST) throw new RangeError("too much");
  return new Map(await Promise.all(named.map(async ([path, file]) => [path, new Uint8Array(await file.arrayBuffer())] as const)));
}

/** A browser names the folder itself first. One file alone is the SKILL.md of a skill that has no other. */
function within({ webkitRelativePath, name }: File): string {
  return webkitRelativePath ? webkitRelativePath.slice(webkitRelativePath.indexOf("/") + 1) : /\.md$/i.test(name) ? "SKILL.md" : name;
}

export function base64(bytes: Uint8Array): string {
  let written = "";
  for (let at = 0; at < bytes.length; at += 0x8000) written += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(written);
}

/** Null where it is none. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
