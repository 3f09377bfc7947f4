import type { Document } from "../../core/document.ts";
export interface VersionFacts {
  readonly version: string;
  readonly api: string;
  readonly minApi: string;
  readonly os: string;
  readonly architecture: string;
  readonly kernel: string;
  readonly node: string;
}

/** Docker Engine API 1.51 "SystemVersion". */
export function versionDocument(facts: VersionFacts): Document {
  const { version, api, minApi, os, architecture, kernel, node } = facts;
  const details = {
    ApiVersion: api,
    Arch: architecture,
    Experimental: "false",
    KernelVersion: kernel,
    MinAPIVersion: minApi,
    NodeVersion: node,
    Os: os,
  };
  return {
    Platform: { Name: "Slipway" },
    Version: version,
    ApiVersion: api,
    MinAPIVersion: minApi,
    Os: os,
    Arch: architecture,
    KernelVersion: kernel,
    NodeVersion: node,
    Components: [{ Name: "Engine", Version: version, Details: details }],
  };
}
