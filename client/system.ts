import type { Document } from "../core/document.ts";
import type { Abortable } from "../core/streams.ts";
import type { CheckReport, SystemService } from "../engine/api.ts";
import { children, flag, number, text, texts } from "./http/fields.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

type Finding = Awaited<ReturnType<SystemService["doctor"]>>[number];

interface Usage {
  readonly count: number;
  readonly active: number;
  readonly bytes: number;
  readonly reclaimable: number;
}

export class RemoteSystem implements SystemService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  version(): Promise<Document> {
    return this.#transport.document({ method: "GET", path: "/version" });
  }

  info(): Promise<Document> {
    return this.#transport.document({ method: "GET", path: "/info" });
  }

  async check({
    quick = false,
    ...options
  }: { readonly quick?: boolean } & Abortable = {}): Promise<CheckReport> {
    if (!this.#transport.isOwn) throw lacks("checking the state");
    const asked = { method: "POST", path: "/slipway/v1/check", query: { quick } } as const;
    const report = await this.#transport.document(asked, options);
    const { checked } = report as { readonly checked?: Readonly<Record<string, number>> };
    return { checked: checked ?? {}, problems: texts(report, "problems") };
  }

  async doctor(): ReturnType<SystemService["doctor"]> {
    if (!this.#transport.isOwn) throw lacks("looking for what the host lacks");
    const found = await this.#transport.documents({ method: "GET", path: "/slipway/v1/doctor" });
    return found.map((one) => ({
      name: text(one, "name"),
      status: text(one, "status") as Finding["status"],
      detail: text(one, "detail"),
    }));
  }

  async diskUsage(): Promise<Readonly<Record<string, Usage>>> {
    const document = await this.#transport.document({ method: "GET", path: "/system/df" });
    return {
      Images: imageUsage(children(document, "Images"), number(document, "LayersSize")),
      Containers: usage(children(document, "Containers").map(containerUsage)),
      "Local Volumes": usage(children(document, "Volumes").map(volumeUsage)),
      "Build Cache": usage(children(document, "BuildCache").map(cacheUsage)),
    };
  }

  /** A daemon deletes what nothing reaches by itself, when it removes what reached it. */
  async collect() {
    return { blobs: 0, layers: 0, bytes: 0 };
  }
}

/** What an image in use has alone is not to be had back. What several have counts as to be had, as docker's client counts it. */
function imageUsage(images: readonly Document[], bytes: number): Usage {
  const used = images.filter((image) => number(image, "Containers") > 0);
  const alone = used.map((image) => number(image, "Size") - Math.max(0, number(image, "SharedSize")));
  return { count: images.length, active: used.length, bytes, reclaimable: Math.max(0, bytes - sum(alone)) };
}

type Part = { readonly used: boolean; readonly bytes: number };

/** What images have as well is counted with them. */
const cacheUsage = (entry: Document): Part => ({
  used: flag(entry, "InUse"),
  bytes: flag(entry, "Shared") ? 0 : number(entry, "Size"),
});

const containerUsage = (container: Document): Part => ({
  used: ["running", "paused", "restarting"].includes(text(container, "State")),
  bytes: number(container, "SizeRw"),
});

function volumeUsage(volume: Document): Part {
  const { UsageData } = volume as { readonly UsageData?: Document | null };
  const data = UsageData ?? {};
  return { used: number(data, "RefCount") > 0, bytes: Math.max(0, number(data, "Size")) };
}

const usage = (parts: readonly Part[]): Usage => ({
  count: parts.length,
  active: parts.filter(({ used }) => used).length,
  bytes: sum(parts.map(({ bytes }) => bytes)),
  reclaimable: sum(parts.filter(({ used }) => !used).map(({ bytes }) => bytes)),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
