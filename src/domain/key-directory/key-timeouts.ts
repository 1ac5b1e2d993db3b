/** Ms that others have to answer a request for keys, where the client does not say; the specification recommends it. */
export const defaultKeyTimeout = 10_000;

/** Ms; a client that would wait for longer has given up before. */
const longestTimeout = 60_000;

/** Ms: an appservice is near, and what it does not give is here. */
const longestAppserviceTimeout = 10_000;

/** @param wanted ms, as the client says it @param initial ms, where it does not */
export function keyTimeout(wanted: number | undefined, initial: number): number {
  return Math.min(wanted ?? initial, longestTimeout);
}

/** The part of a request's time that an appservice has, in ms. */
export function appserviceTimeout(timeout: number): number {
  return Math.min(timeout, longestAppserviceTimeout);
}
