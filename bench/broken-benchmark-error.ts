/** The benchmark itself is at fault or found a server that does not do what is measured: no figure is worth showing. */
export class BrokenBenchmarkError extends Error {}
