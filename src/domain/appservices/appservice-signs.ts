/** Told when an appservice shows that it is there: what was put off because it was gone can be tried again. */
export interface AppserviceSigns {
  /** It made a request with its token. Called for each one: it costs next to nothing and never throws. */
  noteAlive(appserviceId: string): void;
}
