import { Failure } from "../../core/errors.ts";
import { createJsonFileReader } from "../logs/json-file.ts";
import type { LogEntry, LogOptions, LogQuery } from "../logs/log-reader.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { StoredContainer } from "./stored-container.ts";

/** What a container wrote; follows until it ends. Rejects with CONTAINER_CONFIG_INVALID when its log driver keeps nothing. */
export async function* readLogs(
  { id, hostConfig, state, ...container }: StoredContainer,
  { query, lifecycle }: { readonly query: LogQuery; readonly lifecycle: Lifecycle },
  options: LogOptions = {},
): AsyncGenerator<LogEntry> {
  if (hostConfig.LogConfig.Type === "none")
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: "configured logging driver does not support reading",
    });
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const ended =
    query.follow && state.phase === "running"
      ? lifecycle.ended({ ...container, id, hostConfig, state }, { signal }).catch(() => undefined)
      : Promise.resolve();
  try {
    yield* createJsonFileReader(lifecycle.files(id).log).read(query, { ...options, ended });
  } finally {
    stop.abort();
  }
}
