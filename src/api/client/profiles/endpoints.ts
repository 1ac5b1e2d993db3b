import { deleteProfileFieldEndpoint } from "./delete-profile-field.ts";
import { getProfileFieldEndpoint } from "./get-profile-field.ts";
import { getUserProfileEndpoint } from "./get-user-profile.ts";
import { setProfileFieldEndpoint } from "./set-profile-field.ts";

export const profileEndpoints = [
  deleteProfileFieldEndpoint,
  getProfileFieldEndpoint,
  getUserProfileEndpoint,
  setProfileFieldEndpoint,
] as const;
