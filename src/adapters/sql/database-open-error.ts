/** The database cannot be opened: one line that names the file or server and what to do, for the operator. */
export class DatabaseOpenError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "DatabaseOpenError";
  }
}
