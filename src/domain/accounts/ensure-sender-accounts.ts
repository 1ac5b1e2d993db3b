import type { Appservices } from "../appservices/appservices.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AccountStore } from "./account-store.ts";

export interface EnsureSenderAccountsDeps {
  readonly unitOfWork: UnitOfWork<{ accounts: AccountStore }>;
  readonly snapshots: Snapshots<{ accounts: AccountStore }>;
  readonly clock: Clock;
  readonly appservices: Appservices;
}

/**
 * Makes an account without a password for each appservice's sender that has none, before anything is served: nobody
 * registers it, and it is whom the appservice acts as when it says nothing else.
 */
export async function ensureSenderAccounts(deps: EnsureSenderAccountsDeps): Promise<void> {
  const createdAt = deps.clock.now();
  for (const { senderId: userId } of deps.appservices.all) {
    // A start with nothing to make writes nothing.
    if (await deps.snapshots.ask((stores) => stores.accounts.hasAccount(userId))) continue;
    const account = { userId, passwordHash: undefined, isAdmin: false, createdAt };
    await deps.unitOfWork.run({ exclusive: [userId] }, (stores) => stores.accounts.add(account));
  }
}
