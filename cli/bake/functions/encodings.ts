import { createHash, randomUUID } from "node:crypto";
import type { Value } from "../hcl/ast.ts";
import { TypeProblem, toJson, toText } from "../hcl/values.ts";
import { addTime, formatDate } from "./dates.ts";
import type { Functions } from "./functions.ts";

const hash =
  (algorithm: string) =>
  (text: Value = ""): string =>
    createHash(algorithm).update(toText(text)).digest("hex");

export const ENCODINGS: Functions = {
  base64decode: (text = "") => Buffer.from(toText(text), "base64").toString(),
  base64encode: (text = "") => Buffer.from(toText(text)).toString("base64"),
  formatdate: (pattern = "", time = "") => formatDate(toText(pattern), toText(time)),
  jsondecode: (text = "") => {
    try {
      return JSON.parse(toText(text)) as Value;
    } catch (error) {
      throw new TypeProblem(`invalid JSON: ${(error as Error).message}`);
    }
  },
  jsonencode: (value = null) => toJson(value),
  md5: hash("md5"),
  sha1: hash("sha1"),
  sha256: hash("sha256"),
  sha512: hash("sha512"),
  timeadd: (time = "", duration = "") => addTime(toText(time), toText(duration)),
  timestamp: () => new Date().toISOString().replace(/\.\d+/, ""),
  urlencode: (text = "") => new URLSearchParams([["", toText(text)]]).toString().slice(1),
  uuidv4: () => randomUUID(),
};
