import type { TestContext } from "node:test";
import type { RemoteAnswer } from "../../../src/domain/federation-out/remote-answer.ts";
import { applyDeviceListUpdate, applySigningKeyUpdate } from "../../../src/domain/remote-device-lists/apply-updates.ts";
import type { RemoteDeviceList } from "../../../src/domain/remote-device-lists/remote-device-list-store.ts";
import { type ResyncOutcome, resyncDeviceList } from "../../../src/domain/remote-device-lists/resync-device-list.ts";
import { trackRemoteUser } from "../../../src/domain/remote-device-lists/track-remote-user.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { alice, openHouse } from "../open-house.ts";
import { carol, type KeyUpdate, type OtherServer } from "./other-server.ts";

type Answering = (server: ServerName, userId: UserId, timeout: number) => Promise<RemoteAnswer>;

const goOn = new AbortController().signal;

/** A house that knows users of another server, and what happens between them. */
export async function openRemoteHouse(t: TestContext) {
  const house = await openHouse(t);
  const told = { dropped: 0, outcomes: [] as string[] };
  const deps = {
    ...house,
    remoteServers: { getUserDevices: (() => Promise.reject(new Error("It was asked"))) as Answering },
    federationObserver: {
      remoteKeysDropped(count: number) {
        told.dropped += count;
      },
      deviceListFetched: (outcome: string) => void told.outcomes.push(outcome),
    },
  };
  const { clock, unitOfWork, snapshots } = house;
  const list = (userId = carol) => snapshots.ask(({ remoteDeviceLists }) => remoteDeviceLists.findList(userId));
  const resync = async (answering: Answering, begun?: RemoteDeviceList): Promise<ResyncOutcome | undefined> => {
    const before = begun ?? (await list());
    if (!before) throw new Error("Nobody is tracked");
    return resyncDeviceList({ ...deps, remoteServers: { getUserDevices: answering } }, before, 30_000, goOn);
  };
  return {
    ...{ ...deps, told, list, resync },
    /** Alice hears of her. */
    meet: (userId = carol) =>
      unitOfWork.run({ exclusive: [userId] }, ({ audience }) => audience.introduce(userId, alice)),
    track: (userId = carol) =>
      unitOfWork.run({ exclusive: [userId] }, (stores, commit) => trackRemoteUser(stores, commit, userId, clock.now())),
    deliver: (update: KeyUpdate) =>
      unitOfWork.run({ exclusive: [update.userId] }, (stores, commit) =>
        update.type === "m.device_list_update"
          ? applyDeviceListUpdate(deps, stores, commit, update, clock.now())
          : applySigningKeyUpdate(deps, stores, commit, update, clock.now()),
      ),
    fetchFrom: (server: OtherServer) => resync(async () => server.answer(clock.now())),
    /** What is kept: of each device the seed in its name, of each cross-signing key the public key. */
    async kept(userId = carol): Promise<Record<string, string>> {
      const keys = (await snapshots.read(({ remoteDeviceLists }) => remoteDeviceLists.listKeys([userId]))).get(userId);
      const devices = (keys?.devices ?? []).map(({ deviceId, rendered }) => {
        const name: string = JSON.parse(rendered).unsigned.device_display_name ?? "";
        return [deviceId, name.replace(`${deviceId} of `, "")];
      });
      const crossSigning = (keys?.crossSigningKeys ?? []).map(({ usage, publicKey }) => [usage, publicKey]);
      return Object.fromEntries([...devices, ...crossSigning]);
    },
    position: () => snapshots.read(({ stream }) => stream.findPosition()),
    async hears(since: number): Promise<boolean> {
      return (await snapshots.read(({ deviceLists }) => deviceLists.listChanges(alice, since))).changed.includes(carol);
    },
  };
}

export type RemoteHouse = Awaited<ReturnType<typeof openRemoteHouse>>;

/** A tracked user whose list is fresh: a phone and a laptop, and cross-signing keys. */
export async function openFreshHouse(t: TestContext, server: OtherServer): Promise<RemoteHouse> {
  const house = await openRemoteHouse(t);
  server.setDevice("PHONE", "p1");
  server.setDevice("LAPTOP", "l1");
  server.setCrossSigning("1");
  await house.meet();
  await house.track();
  await house.fetchFrom(server);
  house.woken.length = 0;
  return house;
}
