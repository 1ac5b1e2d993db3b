import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type JsonObject, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AccountDataStore } from "./account-data-store.ts";
import { requireNotManaged } from "./managed-types.ts";

export interface SetAccountDataDeps {
  readonly unitOfWork: UnitOfWork<{ accountData: AccountDataStore; knownDevices: KnownDevices }>;
}

/** Types of one user: secret storage and settings need some dozens. */
const mostTypes = 1000;

/** All of one user's, in bytes: an initial sync sends it at once. */
const mostBytes = 10 * 1024 * 1024;

/**
 * Stores account data; every device of the user hears of it, the one that set it too (rule S5).
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_BAD_JSON` for a type the server manages or unstorable content
 */
export async function setAccountData(
  deps: SetAccountDataDeps,
  requester: Requester,
  input: { readonly userId: UserId; readonly type: string; readonly content: JsonObject },
): Promise<void> {
  const { userId, type, content } = input;
  requireOwn(requester, userId);
  requireNotManaged(type);
  requireStorable(content, "content");
  requireOpaqueText(type, "type");
  const text = JSON.stringify(content);
  await deps.unitOfWork.run({ exclusive: [userId] }, async ({ accountData, knownDevices }, commit) => {
    await requireRequestingDevice({ knownDevices }, requester);
    const isNew = (await accountData.findContent(userId, type)) === undefined;
    if (isNew && (await accountData.countTypes(userId)) >= mostTypes) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostTypes} types of account data`);
    }
    if ((await accountData.countBytesBeside(userId, type)) + Buffer.byteLength(text) > mostBytes) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostBytes} bytes of account data`);
    }
    await accountData.put(userId, { type, content: text });
    commit.wake(userId);
  });
}

export function requireOwn(requester: Requester, userId: UserId): void {
  if (requester.userId !== userId) throw new MatrixError("M_FORBIDDEN", "Account data is its owner's alone");
}
