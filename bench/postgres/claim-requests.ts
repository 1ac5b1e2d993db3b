import type { LoadRequest } from "../load/requests-file.ts";
import { deviceAt } from "../population/identities.ts";
import { seededRandom } from "../statistics.ts";
import { algorithm, type Targets, targetAt } from "./populate.ts";

/** A claim of each target, in an order that has nothing to do with their places in the database. */
export function claimRequests({ devices }: Targets, claimers: number): LoadRequest[] {
  const random = seededRandom(1);
  const shuffled = Array.from({ length: devices }, (_, index) => ({ index, place: random() }));
  shuffled.sort((one, other) => one.place - other.place);
  return shuffled.map(({ index }, number) => {
    const { userId, deviceId } = targetAt(index);
    const body = JSON.stringify({ one_time_keys: { [userId]: { [deviceId]: algorithm } } });
    const { accessToken } = deviceAt(number % claimers);
    return { method: "POST", path: "/_matrix/client/v3/keys/claim", accessToken, body };
  });
}
