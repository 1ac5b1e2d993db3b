/** autocannon has no types: what the benchmarks use of it. */
declare module "autocannon" {
  interface Options {
    url: string;
    connections: number;
    duration: number;
    timeout: number;
    requests: { setupRequest(request: object): object }[];
  }
  interface Result {
    "2xx": number;
    non2xx: number;
    errors: number;
    duration: number;
    latency: { p50: number; p99: number };
  }
  export default function autocannon(options: Options): Promise<Result>;
}
