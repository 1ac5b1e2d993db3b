import type { AuthState } from "./auth-event.ts";

/** The membership of a user by the state: `leave` for whoever never was there. */
export function currentMembership(state: AuthState, userId: string): string {
  const membership = state.find("m.room.member", userId)?.content["membership"];
  return typeof membership === "string" ? membership : "leave";
}
