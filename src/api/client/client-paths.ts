/** The paths of a client endpoint: the current version, and those that released clients still use. */
export function clientPaths(path: string, ...versions: ("v1" | "r0" | "unstable")[]): string[] {
  const all = versions.includes("v1") ? versions : (["v3", ...versions] as const);
  return all.map((version) => `/_matrix/client/${version}${path}`);
}
