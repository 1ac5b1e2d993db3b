import { stringify } from "yaml";
import { readRegistration } from "../config/registrations/read-registration.ts";

export interface RegistrationOptions {
  readonly id: string;
  /** Or `none`. */
  readonly url: string;
  readonly senderLocalpart: string;
  readonly userRegex: string;
  readonly encryption?: true;
}

/**
 * `claviger generate-registration`: prints what a server takes as it is.
 * https://spec.matrix.org/v1.19/application-service-api/#registration
 *
 * @throws ConfigError for a bad argument
 */
export async function generateRegistration(options: RegistrationOptions): Promise<void> {
  const { randomToken } = await import("../app.ts");
  const registration = {
    id: options.id,
    url: options.url === "none" ? null : options.url,
    as_token: randomToken(),
    hs_token: randomToken(),
    sender_localpart: options.senderLocalpart,
    rate_limited: false,
    namespaces: { users: [{ exclusive: true, regex: options.userRegex }], aliases: [], rooms: [] },
  };
  readRegistration(registration);
  const mark = options.encryption ? "" : "#";
  process.stdout.write(stringify(registration, { lineWidth: 0 }) + encryptionLines(mark) + optOuts);
}

/** @param mark what makes a line a comment, or nothing */
function encryptionLines(mark: "#" | ""): string {
  return `# A bridge that encrypts needs to-device messages, device lists and key counts in its transactions:
${mark}org.matrix.msc3202: true
${mark}receive_ephemeral: true
${mark}de.sorunome.msc2409.push_ephemeral: true
# It makes devices for its users itself, with its own token:
${mark}io.element.msc4190: true
`;
}

const optOuts = `# It is asked for keys of its users (for one-time keys where none are left here), unless it declines:
#org.matrix.msc3983: false
#org.matrix.msc3984: false
`;
