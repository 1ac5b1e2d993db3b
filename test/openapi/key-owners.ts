type Members = Readonly<Record<string, unknown>>;

const usages = { master_keys: "master", self_signing_keys: "self_signing", user_signing_keys: "user_signing" } as const;
const queries = ["queryKeys", "queryUserEncryptionKeys"];

/**
 * Finds keys in the answer to a key query that name another owner or use than the place where they stand: a client
 * must not take such a key, and no schema can say it.
 * @param body an answer that is valid against its schema
 */
export function misplacedKeys(operationId: string, body: unknown): string[] {
  if (!queries.includes(operationId)) return [];
  return [...misplacedDevices(members(members(body)["device_keys"])), ...misplacedCrossSigningKeys(members(body))];
}

function misplacedDevices(users: Members): string[] {
  const problems: string[] = [];
  for (const [userId, devices] of Object.entries(users)) {
    for (const [deviceId, device] of Object.entries(members(devices))) {
      const { user_id, device_id } = members(device);
      if (user_id === userId && device_id === deviceId) continue;
      problems.push(`/device_keys/${userId}/${deviceId} says that it is device ${device_id} of ${user_id}`);
    }
  }
  return problems;
}

function misplacedCrossSigningKeys(body: Members): string[] {
  const problems: string[] = [];
  for (const [member, usage] of Object.entries(usages)) {
    for (const [userId, key] of Object.entries(members(body[member]))) {
      const { user_id, usage: says } = members(key);
      if (user_id !== userId) problems.push(`/${member}/${userId} says that it is a key of ${user_id}`);
      if (!Array.isArray(says) || !says.includes(usage)) problems.push(`/${member}/${userId} is not for ${usage}`);
    }
  }
  return problems;
}

function members(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}
