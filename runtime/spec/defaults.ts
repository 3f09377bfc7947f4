import { UNSET_HOST_CONFIG, UNSET_PROCESS_CONFIG } from "../../core/container-defaults.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";

/** A HostConfig in which nothing is asked for: what the Engine API assumes for absent fields. */
export const DEFAULT_HOST_CONFIG: HostConfig = {
  ...UNSET_HOST_CONFIG,
  NetworkMode: "bridge",
  ShmSize: 64 * 1024 * 1024,
  LogConfig: { Type: "json-file", Config: {} },
  RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
};

export const DEFAULT_PROCESS_CONFIG: ProcessConfig = UNSET_PROCESS_CONFIG;
