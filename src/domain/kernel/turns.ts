/** Tasks that share what only one of them can have at a time, in this process. */
export interface Turns {
  /**
   * A task runs at once when no other one of its name does. Those that come meanwhile wait, and then go together, in the
   * order in which they came, some at a time; when many have gone together, the next ones may wait for more to come. Tasks of one name are of one kind: whose `together` runs them is not said.
   *
   * @param together gives an outcome for each task, in their order; when it rejects, all of them do
   * @throws StorageUnavailableError when too many wait, or for too long
   */
  take<Task, Outcome>(
    name: string,
    task: Task,
    together: (tasks: readonly Task[]) => Promise<readonly Outcome[]>,
  ): Promise<Outcome>;
}
