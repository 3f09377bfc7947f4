/** Go's zero time: how Docker writes a moment that has not been. */
export const NEVER = "0001-01-01T00:00:00Z";
