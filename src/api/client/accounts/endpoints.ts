import { changePasswordEndpoint } from "./change-password.ts";
import { checkUsernameAvailabilityEndpoint } from "./check-username-availability.ts";
import { deactivateAccountEndpoint } from "./deactivate-account.ts";
import { getLoginFlowsEndpoint } from "./get-login-flows.ts";
import { getTokenOwnerEndpoint } from "./get-token-owner.ts";
import { loginEndpoint } from "./login.ts";
import { logoutEndpoint } from "./logout.ts";
import { logoutAllEndpoint } from "./logout-all.ts";
import { refreshEndpoint } from "./refresh.ts";
import { registerEndpoint } from "./register.ts";
import { registrationTokenValidityEndpoint } from "./registration-token-validity.ts";

export const accountEndpoints = [
  changePasswordEndpoint,
  checkUsernameAvailabilityEndpoint,
  deactivateAccountEndpoint,
  getLoginFlowsEndpoint,
  getTokenOwnerEndpoint,
  loginEndpoint,
  logoutEndpoint,
  logoutAllEndpoint,
  refreshEndpoint,
  registerEndpoint,
  registrationTokenValidityEndpoint,
] as const;
