/** A database that a newer server has migrated: this one must not touch it. */
export class DatabaseTooNewError extends Error {
  constructor(found: number, known: number) {
    super(`the database has schema version ${found}, this server knows up to ${known}: run the newer server`);
    this.name = "DatabaseTooNewError";
  }
}
