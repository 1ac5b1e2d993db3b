import { sqlAccountDataStore } from "./account-data/sql-account-data-store.ts";
import { sqlRoomAccountDataStore } from "./account-data/sql-room-account-data-store.ts";
import { sqlAccountStore } from "./accounts/sql-account-store.ts";
import { sqlAppserviceFeedStore } from "./appservices/sql-appservice-feed-store.ts";
import { sqlAppserviceMemberStore } from "./appservices/sql-appservice-member-store.ts";
import { sqlAppserviceQueueStore } from "./appservices/sql-appservice-queue-store.ts";
import { sqlProxyReportStore } from "./appservices/sql-proxy-report-store.ts";
import { sqlAccessTokenStore } from "./authentication/sql-access-token-store.ts";
import { sqlCredentialStore } from "./authentication/sql-credential-store.ts";
import { sqlInteractiveSessionStore } from "./authentication/sql-interactive-session-store.ts";
import { sqlLoginThrottleStore } from "./authentication/sql-login-throttle-store.ts";
import { sqlOpenidTokenStore } from "./authentication/sql-openid-token-store.ts";
import { sqlRefreshTokenStore } from "./authentication/sql-refresh-token-store.ts";
import { sqlCrossSigningKeyStore } from "./cross-signing/sql-cross-signing-key-store.ts";
import { sqlKeySignatureStore } from "./cross-signing/sql-key-signature-store.ts";
import { sqlDeviceKeyStore } from "./device-keys/sql-device-key-store.ts";
import { sqlAudienceStore } from "./device-lists/sql-audience-store.ts";
import { sqlDeviceListStore } from "./device-lists/sql-device-list-store.ts";
import { sqlKnownDevices } from "./device-lists/sql-known-devices.ts";
import { sqlListeningServerStore } from "./device-lists/sql-listening-server-store.ts";
import { sqlDeviceStore } from "./devices/sql-device-store.ts";
import { sqlDestinationStore } from "./federation/sql-destination-store.ts";
import { sqlFederationQueueStore } from "./federation/sql-federation-queue-store.ts";
import { sqlOwnKeyStore } from "./federation/sql-own-key-store.ts";
import { sqlReceivedTransactionStore } from "./federation/sql-received-transaction-store.ts";
import { sqlServerKeyStore } from "./federation/sql-server-key-store.ts";
import { sqlFilterStore } from "./filters/sql-filter-store.ts";
import { sqlLeaseStore } from "./kernel/sql-lease-store.ts";
import { sqlStreamStore } from "./kernel/sql-stream-store.ts";
import { sqlKeyBackupStore } from "./key-backup/sql-key-backup-store.ts";
import { sqlClaimBudgetStore } from "./one-time-keys/sql-claim-budget-store.ts";
import { sqlFallbackKeyStore } from "./one-time-keys/sql-fallback-key-store.ts";
import { sqlOneTimeKeyStore } from "./one-time-keys/sql-one-time-key-store.ts";
import { sqlProfileStore } from "./profiles/sql-profile-store.ts";
import { sqlReceiptStore } from "./receipts/sql-receipt-store.ts";
import { sqlRemoteDeviceListStore } from "./remote-device-lists/sql-remote-device-list-store.ts";
import { sqlRoomAliasStore } from "./room-aliases/sql-room-alias-store.ts";
import { sqlDepartureStore } from "./room-memberships/sql-departure-store.ts";
import { sqlEventTimeStore } from "./room-timelines/sql-event-time-store.ts";
import { sqlRelationStore } from "./room-timelines/sql-relation-store.ts";
import { sqlEventStore } from "./rooms/sql-event-store.ts";
import { sqlMembershipStore } from "./rooms/sql-membership-store.ts";
import { sqlRoomStateStore } from "./rooms/sql-room-state-store.ts";
import { sqlRoomStore } from "./rooms/sql-room-store.ts";
import { sqlRoomSyncStore } from "./rooms/sql-room-sync-store.ts";
import { sqlSentEventStore } from "./rooms/sql-sent-event-store.ts";
import { sqlStayStore } from "./rooms/sql-stay-store.ts";
import type { SqlSession } from "./session.ts";
import { sqlToDeviceStore } from "./to-device/sql-to-device-store.ts";
import { sqlTypingStore } from "./typing/sql-typing-store.ts";

/** Every store, on one connection. Use cases see of it what their `deps` list. */
export function createStores(session: SqlSession) {
  return {
    accessTokens: sqlAccessTokenStore(session),
    accountData: sqlAccountDataStore(session),
    accounts: sqlAccountStore(session),
    appserviceFeeds: sqlAppserviceFeedStore(session),
    appserviceMembers: sqlAppserviceMemberStore(session),
    appserviceQueue: sqlAppserviceQueueStore(session),
    audience: sqlAudienceStore(session),
    claimBudgets: sqlClaimBudgetStore(session),
    credentials: sqlCredentialStore(session),
    crossSigningKeys: sqlCrossSigningKeyStore(session),
    destinations: sqlDestinationStore(session),
    departures: sqlDepartureStore(session),
    deviceKeys: sqlDeviceKeyStore(session),
    deviceLists: sqlDeviceListStore(session),
    devices: sqlDeviceStore(session),
    events: sqlEventStore(session),
    eventTimes: sqlEventTimeStore(session),
    fallbackKeys: sqlFallbackKeyStore(session),
    federationQueue: sqlFederationQueueStore(session),
    filters: sqlFilterStore(session),
    interactiveSessions: sqlInteractiveSessionStore(session),
    keyBackups: sqlKeyBackupStore(session),
    keySignatures: sqlKeySignatureStore(session),
    knownDevices: sqlKnownDevices(session),
    leases: sqlLeaseStore(session),
    listeningServers: sqlListeningServerStore(session),
    loginThrottles: sqlLoginThrottleStore(session),
    memberships: sqlMembershipStore(session),
    oneTimeKeys: sqlOneTimeKeyStore(session),
    openidTokens: sqlOpenidTokenStore(session),
    ownKeys: sqlOwnKeyStore(session),
    profiles: sqlProfileStore(session),
    proxyReports: sqlProxyReportStore(session),
    receipts: sqlReceiptStore(session),
    receivedTransactions: sqlReceivedTransactionStore(session),
    refreshTokens: sqlRefreshTokenStore(session),
    relations: sqlRelationStore(session),
    remoteDeviceLists: sqlRemoteDeviceListStore(session),
    roomState: sqlRoomStateStore(session),
    roomAccountData: sqlRoomAccountDataStore(session),
    roomAliases: sqlRoomAliasStore(session),
    rooms: sqlRoomStore(session),
    roomSync: sqlRoomSyncStore(session),
    sentEvents: sqlSentEventStore(session),
    serverKeys: sqlServerKeyStore(session),
    stays: sqlStayStore(session),
    stream: sqlStreamStore(session),
    toDevice: sqlToDeviceStore(session),
    typing: sqlTypingStore(session),
  };
}

export type Stores = ReturnType<typeof createStores>;
