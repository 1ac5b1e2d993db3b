import type { BegunSession } from "../../../domain/accounts/begin-session.ts";
import type { IssuedTokens } from "../../../domain/authentication/token-pair.ts";

/** What `register` and `login` answer. */
export function sessionAnswer({ userId, deviceId, tokens }: BegunSession): object {
  return { user_id: userId, device_id: deviceId, ...tokensAnswer(tokens) };
}

export function tokensAnswer({ accessToken, refresh }: IssuedTokens): object {
  return {
    access_token: accessToken,
    ...(refresh && { refresh_token: refresh.token, expires_in_ms: refresh.expiresInMs }),
  };
}
