/** More than this server reads in one request: 413, unlike the other uses of `M_TOO_LARGE` (rule K6). */
export class BodyTooLargeError extends Error {}
