/** The part of an endpoint that has no interface: its network has no addresses, or its container does not run. */
export const NO_ADDRESS = {
  link: "",
  address: "",
  prefixLength: 0,
  gateway: "",
  mac: "",
  ports: [],
} as const;
