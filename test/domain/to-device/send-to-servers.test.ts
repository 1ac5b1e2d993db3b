import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Stores } from "../../../src/adapters/sql/create-stores.ts";
import type { UnitOfWork, WakeName } from "../../../src/domain/kernel/unit-of-work.ts";
import { type SendToDeviceDeps, sendToDevice } from "../../../src/domain/to-device/send-to-device.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../../src/protocol/json.ts";
import { withDatabase } from "../../stores/contract.ts";
import { engines } from "../../stores/engines.ts";
import { alice, bobsPhone, phone } from "../../stores/owners.ts";
import { noAppservices } from "../../support/no-appservices.ts";
import { DestinationHouse, there } from "../federation-feed/destination-house.ts";
import { refusal } from "../refusal.ts";

const zoe = `@zoe:${there}` as UserId;
const yan = "@yan:elsewhere.example:8448" as UserId;

class SendingHouse extends DestinationHouse {
  readonly woken: WakeName[] = [];
  federates = true;

  get sending(): SendToDeviceDeps {
    const unitOfWork: UnitOfWork<Stores> = {
      run: (scope, work) =>
        this.database.unitOfWork.run(scope, async (stores) => {
          const commit = { wake: (...names: WakeName[]) => void this.woken.push(...names) };
          return work(stores, commit);
        }),
    };
    const observer = { toDeviceMessagesSent: () => undefined };
    return {
      ...{ ...this.deps, ...noAppservices(this.deps.serverName) },
      ...{ unitOfWork, federates: this.federates, observer },
    };
  }

  send(messages: Record<string, JsonValue>, transactionId = "1"): Promise<void> {
    const requester = { ...phone, accessTokenDigest: Buffer.alloc(32) };
    return sendToDevice(this.sending, requester, { eventType: "m.test", transactionId, messages });
  }
}

for (const engine of engines) {
  describe(`messages to devices of other servers on ${engine.name}`, () => {
    const onHouse = (name: string, body: (house: SendingHouse) => Promise<void>) =>
      test(name, () =>
        withDatabase(engine, async (database) => {
          const house = new SendingHouse(database);
          await house.device(phone);
          await house.device(bobsPhone);
          return body(house);
        }),
      );

    onHouse("S3: go out to each server once for a transaction id, beside those for users here", async (house) => {
      const messages = {
        [zoe]: { "*": { n: 1 }, D: { n: 2 } },
        [yan]: { E: { n: 3 } },
        [bobsPhone.userId]: { "*": {} },
      };
      await house.send(messages);
      await house.send(messages);
      const [[edu, ...others] = []] = await house.drain();
      assert.deepEqual(others, []);
      const { message_id: id, ...content } = edu?.content ?? {};
      assert.equal(typeof id, "string");
      assert.deepEqual(content, { sender: alice, type: "m.test", messages: { [zoe]: messages[zoe] } });
      const [[second] = []] = await house.drain("elsewhere.example:8448" as ServerName);
      assert.deepEqual(second?.content.messages, { [yan]: messages[yan] });
      assert.notEqual(second?.content.message_id, id);
      const inbox = await house.change(({ toDevice }) => toDevice.listAfter(bobsPhone, 0, 10));
      assert.equal(inbox.length, 1);
      assert.ok(house.woken.includes(there) && house.woken.includes("elsewhere.example:8448" as ServerName));
      assert.deepEqual(await house.drain("example.org" as ServerName), []);
    });

    onHouse("S2: who exchanges messages hears of each other's devices from now on", async (house) => {
      await house.send({ [zoe]: { D: {} } });
      assert.ok(house.woken.includes(alice));
      await house.change(async ({ audience, listeningServers, remoteDeviceLists }) => {
        assert.deepEqual((await audience.listAudience(zoe)).toSorted(), [alice, zoe].toSorted());
        assert.deepEqual(await listeningServers.listServers(alice), [there]);
        assert.equal((await remoteDeviceLists.findList(zoe))?.nextResyncAt, house.clock.now());
      });
      await house.drain();
      await house.announce(alice, phone.deviceId);
      const [[update] = []] = await house.drain();
      assert.equal(update?.edu_type, "m.device_list_update");
    });

    onHouse("S3: without federation they are passed over", async (house) => {
      house.federates = false;
      await house.send({ [zoe]: { D: { fraction: 0.5 } } });
      assert.deepEqual(await house.drain(), []);
      await house.change(async ({ listeningServers, remoteDeviceLists }) => {
        assert.deepEqual(await listeningServers.listServers(alice), []);
        assert.equal(await remoteDeviceLists.findList(zoe), undefined);
      });
    });

    onHouse("nobody is introduced who is sent nothing", async (house) => {
      await house.send({ [zoe]: {} });
      assert.deepEqual(house.woken, []);
      assert.equal(await house.change(({ remoteDeviceLists }) => remoteDeviceLists.findList(zoe)), undefined);
    });

    onHouse("E2: what no transaction can carry is refused, and nothing of the request is stored", async (house) => {
      const nested = (levels: number): JsonValue => (levels === 0 ? 1 : { a: nested(levels - 1) });
      for (const content of [{ fraction: 0.5 }, nested(90)]) {
        const refused = await refusal(house.send({ [yan]: { E: {} }, [zoe]: { D: content } }));
        assert.equal(refused.errcode, "M_BAD_JSON");
        assert.ok(refused.message.includes(`messages.${zoe}.D`));
      }
      const many = Array.from({ length: 501 }, (_, n) => [`@u:s${n}.example`, { D: {} }]);
      assert.equal((await refusal(house.send(Object.fromEntries(many)))).errcode, "M_TOO_LARGE");
      assert.deepEqual(await house.drain(), []);
      await house.send(Object.fromEntries(many.slice(1)));
      await house.send({ [zoe]: { D: nested(80) }, [bobsPhone.userId]: { "*": { fraction: 0.5 } } }, "2");
      const waiting = await house.change(({ federationQueue }) => federationQueue.listDestinations(undefined, 1000));
      assert.equal(waiting.length, 501);
    });
  });
}
