import type { AssertedIdentity } from "../../domain/accounts/assert-identity.ts";
import { optionalParameter, type Query } from "../reading/query-parameter.ts";

/**
 * Whom an appservice says it acts as: `user_id` and `device_id` of the query, or the names that they have in drafts.
 * https://spec.matrix.org/v1.19/application-service-api/#identity-assertion
 *
 * @throws MatrixError `M_INVALID_PARAM` when one is given more than once
 */
export function assertedIdentity(query: Query): AssertedIdentity {
  return { userId: either(query, "user_id"), deviceId: either(query, "device_id") };
}

/** The draft of MSC4326 was a part of MSC3202. */
function either(query: Query, name: string): string | undefined {
  return optionalParameter(query, name) ?? optionalParameter(query, `org.matrix.msc3202.${name}`);
}
