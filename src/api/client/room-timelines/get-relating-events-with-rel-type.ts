import { relationsEndpoint } from "./relations-endpoint.ts";

export const getRelatingEventsWithRelTypeEndpoint = relationsEndpoint(
  "getRelatingEventsWithRelType",
  "/:relType",
  "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype",
);
