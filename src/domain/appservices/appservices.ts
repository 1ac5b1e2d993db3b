import { hash } from "node:crypto";
import type { AppserviceRegistration, Namespace } from "../../protocol/appservice-registration.ts";
import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { makeUserId, type UserId } from "../../protocol/identifiers/user-id.ts";

/** A namespace, as it is matched. */
interface NamePattern {
  readonly exclusive: boolean;
  readonly pattern: RegExp;
}

/** An application service, as use cases and adapters see it. */
export class Appservice {
  readonly registration: AppserviceRegistration;
  readonly id: string;
  readonly senderId: UserId;
  readonly #ofOurServer: string;
  readonly #users: readonly NamePattern[];
  readonly #aliases: readonly NamePattern[];
  readonly #rooms: readonly NamePattern[];

  constructor(registration: AppserviceRegistration, serverName: ServerName) {
    this.registration = registration;
    this.id = registration.id;
    this.senderId = makeUserId(registration.senderLocalpart, serverName);
    this.#ofOurServer = `:${serverName}`;
    this.#users = registration.namespaces.users.map(namePattern);
    this.#aliases = registration.namespaces.aliases.map(namePattern);
    this.#rooms = registration.namespaces.rooms.map(namePattern);
  }

  /** Whether it may act as this user, and hears of it: one of its namespaces matches, or the user is its sender. */
  covers(userId: UserId): boolean {
    return this.#matches(userId, false);
  }

  /** Whether nobody else may have this user. */
  owns(userId: UserId): boolean {
    return this.#matches(userId, true);
  }

  /** Whether one of its namespaces has this alias, which is one of this server's. */
  coversAlias(alias: RoomAlias): boolean {
    return this.#aliases.some(({ pattern }) => pattern.test(alias));
  }

  /** Whether nobody else may make this alias. */
  ownsAlias(alias: RoomAlias): boolean {
    return this.#aliases.some(({ exclusive, pattern }) => exclusive && pattern.test(alias));
  }

  /** Whether it hears of a room because of the room's id. */
  coversRoom(roomId: RoomId): boolean {
    return this.#rooms.some(({ pattern }) => pattern.test(roomId));
  }

  /** It is sent transactions. */
  get receivesTransactions(): boolean {
    return this.registration.url !== undefined;
  }

  /** Its transactions carry typing and receipts. */
  get receivesEphemeral(): boolean {
    return this.receivesTransactions && this.registration.receivesEphemeral;
  }

  /** Its transactions carry to-device messages (MSC4203). */
  get receivesToDevice(): boolean {
    const { url, encrypts, receivesEphemeral } = this.registration;
    return url !== undefined && (encrypts || receivesEphemeral);
  }

  /** Its transactions carry device lists and key counts, and are the only inbox of the users that it owns (MSC3202). */
  get encrypts(): boolean {
    return this.registration.url !== undefined && this.registration.encrypts;
  }

  /** Whether this user may have devices that only the appservice knows: it gives their keys itself (MSC3984). */
  keepsDevicesOf(userId: UserId): boolean {
    return this.encrypts && this.registration.answersQueries && this.owns(userId);
  }

  #matches(userId: UserId, exclusively: boolean): boolean {
    if (userId === this.senderId) return true;
    // The specification: namespaces are about local users only.
    if (!userId.endsWith(this.#ofOurServer)) return false;
    return this.#users.some(({ exclusive, pattern }) => (exclusive || !exclusively) && pattern.test(userId));
  }
}

/** A namespace's pattern is anchored at the beginning of an id and not at its end, as every server does it. */
export function namespacePattern(regex: Namespace["regex"]): RegExp {
  return new RegExp(`^(?:${regex})`);
}

function namePattern({ exclusive, regex }: Namespace): NamePattern {
  return { exclusive, pattern: namespacePattern(regex) };
}

/** The application services of this server. */
export class Appservices {
  readonly all: readonly Appservice[];
  /** By the SHA-256 of the token: finding one compares no secret, so there is nothing to time. */
  readonly #byToken: ReadonlyMap<string, Appservice>;

  constructor(registrations: readonly AppserviceRegistration[], serverName: ServerName) {
    this.all = registrations.map((registration) => new Appservice(registration, serverName));
    this.#byToken = new Map(this.all.map((appservice) => [digestOf(appservice.registration.asToken), appservice]));
  }

  find(id: string): Appservice | undefined {
    return this.all.find((appservice) => appservice.id === id);
  }

  /** @param token the access token of a request */
  findByToken(token: string): Appservice | undefined {
    return this.#byToken.size === 0 ? undefined : this.#byToken.get(digestOf(token));
  }

  /** The one that has this user in an exclusive namespace, or as its sender. */
  ownerOf(userId: UserId): Appservice | undefined {
    return this.all.find((appservice) => appservice.owns(userId));
  }

  /** Those that have this user in a namespace, exclusive or not. */
  interestedIn(userId: UserId): readonly Appservice[] {
    return this.all.length === 0 ? [] : this.all.filter((appservice) => appservice.covers(userId));
  }
}

function digestOf(token: string): string {
  return hash("sha256", token, "base64");
}
