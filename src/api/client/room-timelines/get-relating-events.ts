import { relationsEndpoint } from "./relations-endpoint.ts";

export const getRelatingEventsEndpoint = relationsEndpoint(
  "getRelatingEvents",
  "",
  "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid",
);
