import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublicAddress } from "../../../src/adapters/federation/connections/address-policy.ts";

const refused = [
  "0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255",
  "192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 239.1.1.1",
  "240.0.0.1 255.255.255.255",
  ":: ::1 ::127.0.0.1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 fec0::1 ff02::1 100::1 2001:db8::1 3fff::1 2001::1 2001:20::1 5f00::1",
  "::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:a9fe:a9fe 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101:1::1",
  "64:ff9b::10.0.0.1 64:ff9b::7f00:1 64:ff9b::169.254.169.254 64:ff9b:1::808:808",
  "example.org 127.1 0x7f000001 2130706433 [::1]",
];

const allowed = [
  "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.1.1 198.17.255.255 198.20.0.0 223.255.255.255",
  "2606:4700::1 2a00:1450:4001:80b::200e 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1",
];

test("addresses that are not of the Internet, or lead to such, are refused", () => {
  for (const address of refused.join(" ").split(" ")) assert.equal(isPublicAddress(address), false, address);
});

test("addresses of the Internet are allowed", () => {
  for (const address of allowed.join(" ").split(" ")) assert.equal(isPublicAddress(address), true, address);
});
