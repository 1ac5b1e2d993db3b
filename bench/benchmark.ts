import type { MachineLoad } from "./machine-load.ts";
import type { Workspace } from "./workspace.ts";

/** What a figure is held against; it is shown, not asserted. */
export interface Target {
  readonly of: "ratio" | "ours";
  readonly is: "at least" | "below";
  readonly value: number;
}

/** One thing that was measured, round by round; `floor[i]` was measured right beside `ours[i]`. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly floor?: readonly number[];
  /** What the floor is, in a few words. */
  readonly floorName?: string;
  readonly target?: Target;
}

export interface RunOptions {
  readonly quick: boolean;
  /** Where the server under test writes CPU profiles. */
  readonly profileFolder: string | undefined;
  readonly workspace: Workspace;
  readonly machineLoad: MachineLoad;
}

export interface Benchmark {
  readonly name: string;
  /** What is measured and how, for docs/benchmarks.md. */
  readonly about: string;
  /** It takes long: it runs only when it is named. */
  readonly apart?: boolean;
  /** A picture of its figures in docs/. */
  readonly plot?: { readonly file: string; readonly draw: (figures: readonly Figure[]) => string };
  run(options: RunOptions): Promise<readonly Figure[]>;
}
