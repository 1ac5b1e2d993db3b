import { postReceiptEndpoint } from "./post-receipt.ts";
import { setReadMarkerEndpoint } from "./set-read-marker.ts";

export const receiptEndpoints = [postReceiptEndpoint, setReadMarkerEndpoint];
