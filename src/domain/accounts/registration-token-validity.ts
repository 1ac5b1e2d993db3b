import { sameSecret } from "../authentication/same-secret.ts";
import { type RegistrationPolicy, registrationFlows } from "./registration-policy.ts";

export interface RegistrationTokenValidityDeps {
  readonly registration: RegistrationPolicy;
}

/**
 * Whether one can register with this token.
 * @throws MatrixError 403 `M_FORBIDDEN` when nobody can register
 */
export function registrationTokenValidity({ registration }: RegistrationTokenValidityDeps, token: string): boolean {
  registrationFlows(registration);
  return registration.mode === "token" && registration.token !== undefined && sameSecret(token, registration.token);
}
