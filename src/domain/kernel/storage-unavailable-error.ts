/** The database could not store or read: nothing of the request was done, and trying again later may succeed. */
export class StorageUnavailableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StorageUnavailableError";
  }
}
