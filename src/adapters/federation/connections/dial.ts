import { isIP, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import { type ConnectionOptions, checkServerIdentity, connect, type SecureContext, type TLSSocket } from "node:tls";
import type { Place, Target } from "../discovery/find-server.ts";
import type { Resolver } from "../discovery/resolver.ts";

/** Ms in which a connection to one target has to stand, with TLS. */
const connectTimeout = 5000;

/** Ms for one of several addresses, before the next is tried. */
const addressTimeout = 1500;

/** Ms without traffic after which TCP looks whether the other side is still there. */
const keepAliveDelay = 60_000;

export interface DialDeps {
  readonly resolver: Resolver;
  /** Whether a connection may go to this IP address. */
  readonly allows: (address: string) => boolean;
  /** What authorities are trusted; `undefined`: those that Node.js trusts. */
  readonly secureContext: SecureContext | undefined;
  /** Ends connections that do not stand yet. */
  readonly closing: AbortSignal;
}

/** No connection, and why: `code` is shown to operators. */
export class ConnectionError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * Connects to the first target that can be reached and whose certificate is for the place's name. Addresses are looked up
 * and judged for each connection, and it is to those very addresses that it goes: a name that changes between a check and
 * its use changes nothing.
 */
export async function dial({ targets, tlsName, isTrusted }: Place, deps: DialDeps): Promise<TLSSocket> {
  const allows = isTrusted ? () => true : deps.allows;
  let failure: unknown = new ConnectionError("NO_TARGET");
  for (const target of targets) {
    try {
      return await dialTarget(target, tlsName, { ...deps, allows });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function dialTarget({ host, port }: Target, tlsName: string, deps: DialDeps): Promise<TLSSocket> {
  // Of an IP address nothing is looked up.
  if (isIP(host) !== 0 && !deps.allows(host)) throw new ConnectionError("ADDRESS_REFUSED");
  deps.closing.throwIfAborted();
  const address: TcpNetConnectOpts = {
    ...{ host, port, lookup: judgingLookup(deps) },
    ...{ autoSelectFamily: true, autoSelectFamilyAttemptTimeout: addressTimeout },
  };
  return untilSecure(connect({ ...address, ...securityFor(tlsName, deps) }), deps.closing);
}

function securityFor(tlsName: string, { secureContext }: DialDeps): ConnectionOptions {
  return {
    ...(secureContext && { secureContext }),
    ALPNProtocols: ["http/1.1"],
    // An IP address is never named in the handshake.
    servername: isIP(tlsName) === 0 ? tlsName : "",
    checkServerIdentity: (_, certificate) => checkServerIdentity(tlsName, certificate),
    // Said here, for the environment could say otherwise.
    rejectUnauthorized: true,
  };
}

function untilSecure(socket: TLSSocket, closing: AbortSignal): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const end = (code: string) => socket.destroy(new ConnectionError(code));
  const onClosing = () => end("ECONNABORTED");
  const timer = setTimeout(end, connectTimeout, "ETIMEDOUT").unref();
  const settle = () => {
    clearTimeout(timer);
    closing.removeEventListener("abort", onClosing);
  };
  closing.addEventListener("abort", onClosing);
  socket.on("error", reject);
  socket.once("secureConnect", () => {
    settle();
    socket.off("error", reject);
    resolve(socket.setNoDelay(true).setKeepAlive(true, keepAliveDelay));
  });
  socket.once("close", () => {
    settle();
    reject(new ConnectionError("ECONNRESET"));
  });
  return promise;
}

function judgingLookup({ resolver, allows }: DialDeps): LookupFunction {
  return (host, { all = false }, callback) => {
    void resolver.addresses(host).then(
      (addresses) => {
        const allowed = addresses.filter(allows).map((address) => ({ address, family: isIP(address) }));
        const [first] = allowed;
        if (first === undefined) callback(new ConnectionError("ADDRESS_REFUSED"), []);
        else if (all) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      () => callback(new ConnectionError("ENOTFOUND"), []),
    );
  };
}
