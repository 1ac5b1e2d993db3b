/**
 * Every error code that this server sends or understands, in alphabetical order.
 * Source: https://spec.matrix.org/v1.19/client-server-api/#standard-error-response and the endpoints' own lists.
 */
export const errcodes = [
  /** The appservice logs in or registers in a way that the server does not offer. */
  "M_APPSERVICE_LOGIN_UNSUPPORTED",
  /** A room alias does not point at the room, or is malformed. */
  "M_BAD_ALIAS",
  /** The body is JSON, but not of the shape that the endpoint needs. */
  "M_BAD_JSON",
  /** The change does not fit the room's state. */
  "M_BAD_STATE",
  /** The appservice answered a ping with another status than 200. */
  "M_BAD_STATUS",
  /** The room of server notices cannot be left. */
  "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM",
  /** The media id has its content already. */
  "M_CANNOT_OVERWRITE_MEDIA",
  /** The captcha was not solved. */
  "M_CAPTCHA_INVALID",
  /** A captcha must be solved first. */
  "M_CAPTCHA_NEEDED",
  /** The request clashes with what is there. */
  "M_CONFLICT",
  /** The connection to the appservice could not be made. */
  "M_CONNECTION_FAILED",
  /** The appservice did not answer in time. */
  "M_CONNECTION_TIMEOUT",
  /** The same annotation was sent before. */
  "M_DUPLICATE_ANNOTATION",
  /** K4 (MSC4420): the id of a one-time key is in the pool with another public key; the stable name. */
  "M_DUPLICATE_ONE_TIME_KEY",
  /** The name lies in an exclusive namespace of an appservice. */
  "M_EXCLUSIVE",
  /** The requester may not do that. */
  "M_FORBIDDEN",
  /** Guests may not join the room. */
  "M_GUEST_ACCESS_FORBIDDEN",
  /** The room's version is not one that the joining server understands. */
  "M_INCOMPATIBLE_ROOM_VERSION",
  /** A parameter has a value that is not allowed. */
  "M_INVALID_PARAM",
  /** The initial state of a room is refused. */
  "M_INVALID_ROOM_STATE",
  /** A signature is missing or does not verify. */
  "M_INVALID_SIGNATURE",
  /** The user name is not a valid localpart. */
  "M_INVALID_USERNAME",
  /** The invited user does not want invitations from the requester. */
  "M_INVITE_BLOCKED",
  /** The name of a profile field is too long. */
  "M_KEY_TOO_LARGE",
  /** Too many requests; `retry_after_ms` says how long to wait. */
  "M_LIMIT_EXCEEDED",
  /** A required parameter is absent. */
  "M_MISSING_PARAM",
  /** The request carries no access token. */
  "M_MISSING_TOKEN",
  /** What was asked for does not exist, or the requester may not know that it does. */
  "M_NOT_FOUND",
  /** The body is not JSON. */
  "M_NOT_JSON",
  /** The media id was created, but has no content yet. */
  "M_NOT_YET_UPLOADED",
  /** The profile would be over 64 KiB. */
  "M_PROFILE_TOO_LARGE",
  /** A limit of the server (not of the request rate) is reached. */
  "M_RESOURCE_LIMIT_EXCEEDED",
  /** The room alias is taken. */
  "M_ROOM_IN_USE",
  /** The third-party server is not trusted by this one. */
  "M_SERVER_NOT_TRUSTED",
  /** The validation session has ended. */
  "M_SESSION_EXPIRED",
  /** The validation session is not completed. */
  "M_SESSION_NOT_VALIDATED",
  /** The terms must be accepted first. */
  "M_TERMS_NOT_SIGNED",
  /** The third-party identifier could not be authenticated. */
  "M_THREEPID_AUTH_FAILED",
  /** The third-party identifier is not allowed here. */
  "M_THREEPID_DENIED",
  /** The third-party identifier belongs to a user already. */
  "M_THREEPID_IN_USE",
  /** Third-party identifiers of this medium are not supported. */
  "M_THREEPID_MEDIUM_NOT_SUPPORTED",
  /** No user has the third-party identifier. */
  "M_THREEPID_NOT_FOUND",
  /** The request, the answer or a pool would be too large. */
  "M_TOO_LARGE",
  /** This server cannot judge whether the join is allowed. */
  "M_UNABLE_TO_AUTHORISE_JOIN",
  /** This server cannot grant the restricted join; another one can. */
  "M_UNABLE_TO_GRANT_JOIN",
  /** The requester is not authenticated; used by other servers. */
  "M_UNAUTHORIZED",
  /** Anything without a code of its own. */
  "M_UNKNOWN",
  /** The device named by an appservice does not exist. */
  "M_UNKNOWN_DEVICE",
  /** The position of a sync is unknown: start anew. */
  "M_UNKNOWN_POS",
  /** The access or refresh token is not (or no longer) valid. */
  "M_UNKNOWN_TOKEN",
  /** The path is unknown, or the method is wrong for it. */
  "M_UNRECOGNIZED",
  /** The server does not support the room version. */
  "M_UNSUPPORTED_ROOM_VERSION",
  /** The appservice has no URL to ping. */
  "M_URL_NOT_SET",
  /** The account is deactivated. */
  "M_USER_DEACTIVATED",
  /** The user name is taken. */
  "M_USER_IN_USE",
  /** The account is locked. */
  "M_USER_LOCKED",
  /** The account is suspended. */
  "M_USER_SUSPENDED",
  /** The password is too weak. */
  "M_WEAK_PASSWORD",
  /** The key backup's version is not the current one; `current_version` names that. */
  "M_WRONG_ROOM_KEYS_VERSION",
  /** K4 (MSC4420): the unstable name of M_DUPLICATE_ONE_TIME_KEY. */
  "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY",
] as const;

/** A code of the catalogue. */
export type Errcode = (typeof errcodes)[number];
