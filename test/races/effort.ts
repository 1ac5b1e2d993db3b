/** What random tests begin with; each of them prints it. */
export const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);

/** How many times as long as in `npm test`: `npm run soak` sets it. */
export const times = Number(process.env["CLAVIGER_SOAK_TIMES"] ?? 1);

/** How to have the same random numbers again. */
export const seedNote = `CLAVIGER_TEST_SEED=${seed}`;
