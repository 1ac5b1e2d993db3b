import { stringify } from "yaml";

export interface RegistrationOptions {
  readonly id: string;
  readonly url: string;
  readonly senderLocalpart: string;
  readonly userRegex: string;
}

/** `claviger generate-registration`. https://spec.matrix.org/v1.19/application-service-api/#registration */
export async function generateRegistration(options: RegistrationOptions): Promise<void> {
  const { randomToken } = await import("../app.ts");
  const registration = {
    id: options.id,
    url: options.url,
    as_token: randomToken(),
    hs_token: randomToken(),
    sender_localpart: options.senderLocalpart,
    rate_limited: false,
    namespaces: { users: [{ exclusive: true, regex: options.userRegex }], aliases: [], rooms: [] },
  };
  process.stdout.write(stringify(registration, { lineWidth: 0 }) + encryptionNote);
}

const encryptionNote = `# A bridge that encrypts needs to-device messages and device lists in its transactions:
#receive_ephemeral: true
#de.sorunome.msc2409.push_ephemeral: true
#org.matrix.msc3202: true
`;
