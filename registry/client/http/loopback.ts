import type { buildConnector } from "undici";

type Connector = buildConnector.connector;

/** Connects to "localhost" without looking its addresses up, for which Node takes longer than a small push: by IPv4, and else by IPv6. */
export const toLoopback =
  (connect: Connector): Connector =>
  (options, callback) =>
    connect({ ...options, hostname: "127.0.0.1" }, (...answer) => {
      const [error] = answer;
      if (error === null) callback(...answer);
      else connect({ ...options, hostname: "::1" }, (...other) => callback(...(other[0] ? answer : other)));
    });
