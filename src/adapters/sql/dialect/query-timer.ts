/** Told how long each named query took. */
export type QueryTimer = (name: string, milliseconds: number) => void;
