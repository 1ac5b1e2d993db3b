/** The proposals that an operator can switch (config `compatibility`). */
export interface UnstableFeatureConfig {
  readonly msc4072: boolean;
  readonly msc3983: boolean;
  readonly msc3984: boolean;
}

/**
 * The proposals that this server follows and that are on; those that it merely tolerates are not named, nor are those
 * that are in one of the versions it names.
 */
export function unstableFeatures({ msc4072, msc3983, msc3984 }: UnstableFeatureConfig): Record<string, boolean> {
  return {
    // Rule K4.
    "io.github.johennes.msc4420": true,
    // Rule C4.
    ...(msc4072 && { "org.matrix.msc4072": true }),
    // What an appservice needs to encrypt, in its transactions.
    "org.matrix.msc3202": true,
    // Rule C6.
    ...(msc3983 && { "org.matrix.msc3983": true }),
    // Rule Q5.
    ...(msc3984 && { "org.matrix.msc3984": true }),
  };
}
