/** A scrape: per metric its declared type, and every sample under the text before its value, labels in their order. */
export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: ReadonlyMap<string, number>;
}

/** Reads Prometheus' text format, strictly. */
export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line);
    const sample = /^(\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})?) (\S+)$/.exec(line);
    if (type) types.set(type[1] as string, type[2] as string);
    else if (sample) addSample(samples, sample[1] as string, Number(sample[2]));
    else if (line !== "" && !line.startsWith("# HELP ")) throw new Error(`Not a line of a scrape: ${line}`);
  }
  return { types, samples };
}

function addSample(samples: Map<string, number>, series: string, value: number): void {
  if (Number.isNaN(value)) throw new Error(`Not a number: ${series}`);
  if (samples.has(series)) throw new Error(`Twice in one scrape: ${series}`);
  samples.set(series, value);
}
