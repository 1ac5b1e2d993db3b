/** The proposals that an operator can switch (config `compatibility`). */
export interface UnstableFeatureConfig {
  readonly msc4072: boolean;
}

/** The proposals that this server follows and that are on; those that it merely tolerates are not named. */
export function unstableFeatures({ msc4072 }: UnstableFeatureConfig): Record<string, boolean> {
  return {
    // Rule K4.
    "io.github.johennes.msc4420": true,
    // Rule C4.
    ...(msc4072 && { "org.matrix.msc4072": true }),
  };
}
