/** How often the queries of these servers have run so far, by name. */
export async function countQueries(urls: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const url of urls) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, name = "", count] of text.matchAll(
      /^claviger_query_duration_seconds_count\{query="([^"]*)"\} (\S+)/gm,
    )) {
      counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
  }
  return counts;
}

/** How many groups of units that wrote into the stream these servers have committed so far, on either engine. */
export async function countCommits(urls: readonly string[]): Promise<number> {
  const counts = await countQueries(urls);
  return (counts.get("stream.reserve") ?? 0) + (counts.get("stream.save-counters") ?? 0);
}
