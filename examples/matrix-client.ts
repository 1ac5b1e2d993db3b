/** A user's device, as `/login` and `/register` give it. */
export interface Account {
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

/** The server refused: `status` and the body, which has `errcode` and `error`. */
export class RefusedError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(asked: string, status: number, text: string) {
    super(`${asked}: ${status} ${text}`);
    this.status = status;
    this.body = text.startsWith("{") ? JSON.parse(text) : {};
  }
}

/** The client-server API for one device. */
export class MatrixClient {
  readonly account: Account;
  readonly #server: string;
  readonly #fetch: typeof fetch;

  /** `server` is a URL such as `http://127.0.0.1:8008`. */
  constructor(server: string, account: Account, fetcher: typeof fetch = fetch) {
    this.#server = server.replace(/\/$/, "");
    this.account = account;
    this.#fetch = fetcher;
  }

  /** Makes a new device for a user. */
  static async login(server: string, user: string, password: string): Promise<MatrixClient> {
    const visitor = new MatrixClient(server, { userId: "", deviceId: "", accessToken: "" });
    const identifier = { type: "m.id.user", user };
    const text = await visitor.send("POST", "/login", { type: "m.login.password", identifier, password });
    const answer = JSON.parse(text) as { user_id: string; device_id: string; access_token: string };
    const { user_id: userId, device_id: deviceId, access_token: accessToken } = answer;
    return new MatrixClient(server, { userId, deviceId, accessToken });
  }

  /**
   * Sends a request to a path below `/_matrix/client/v3` and gives the JSON text of the answer.
   * @param body an object, or JSON text
   * @throws RefusedError where the status is not 2xx
   */
  async send(method: "GET" | "PUT" | "POST", path: string, body?: object | string): Promise<string> {
    const { accessToken } = this.account;
    const response = await this.#fetch(`${this.#server}/_matrix/client/v3${path}`, {
      method,
      headers: accessToken === "" ? {} : { authorization: `Bearer ${accessToken}` },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new RefusedError(`${method} ${path.split("?")[0]}`, response.status, text);
    return text;
  }
}
