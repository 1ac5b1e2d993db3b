import type { TestDatabase } from "../stores/engines.ts";

/** All leases expire now, as if their holders had been silent for as long as they live. */
export function expireLeases({ tamper }: TestDatabase): Promise<void> {
  return tamper((session) =>
    session.run("test.expire-leases", session.db.updateTable("leases").set({ expires_at: 0 })),
  );
}
