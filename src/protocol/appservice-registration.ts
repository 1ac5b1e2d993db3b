/** A pattern of user ids, room aliases or room ids, matched from their beginning. */
export interface Namespace {
  readonly exclusive: boolean;
  readonly regex: string;
}

/**
 * What an application service is registered with, checked.
 * https://spec.matrix.org/v1.19/application-service-api/#registration
 */
export interface AppserviceRegistration {
  readonly id: string;
  /** Without a slash at the end; `undefined`: it wants no traffic. */
  readonly url: string | undefined;
  /** With which it authenticates itself here. */
  readonly asToken: string;
  /** With which this server authenticates itself there. */
  readonly hsToken: string;
  readonly senderLocalpart: string;
  readonly namespaces: {
    readonly users: readonly Namespace[];
    readonly aliases: readonly Namespace[];
    readonly rooms: readonly Namespace[];
  };
  /** Whether its users' requests are limited; its sender's never are. */
  readonly rateLimited: boolean;
  /** `receive_ephemeral`, or `de.sorunome.msc2409.push_ephemeral`. */
  readonly receivesEphemeral: boolean;
  /** `org.matrix.msc3202`: its transactions carry what its users' devices need to encrypt. */
  readonly encrypts: boolean;
  /** `io.element.msc4190`: it makes its devices itself, and gets none by registering a user. */
  readonly managesDevices: boolean;
  /** `org.matrix.msc3983` is not false: it may be asked for one-time keys. */
  readonly answersClaims: boolean;
  /** `org.matrix.msc3984` is not false: it may be asked for device keys. */
  readonly answersQueries: boolean;
  readonly protocols: readonly string[];
}
