import { relationsEndpoint } from "./relations-endpoint.ts";

export const getRelatingEventsWithRelTypeAndEventTypeEndpoint = relationsEndpoint(
  "getRelatingEventsWithRelTypeAndEventType",
  "/:relType/:eventType",
  "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltypeeventtype",
);
