import { ask } from "./ask.ts";

/** Documents to and from the API behind a unix socket. Everything rejects when the answer is a refusal. */
export class ApiClient {
  readonly socket: string;

  constructor(socket: string) {
    this.socket = socket;
  }

  async call(method: string, path: string, body?: object): Promise<string> {
    const options = body === undefined ? {} : { body: JSON.stringify(body) };
    const { status, text } = await ask(this.socket, method, path, options);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.call("GET", path)) as T;
  }

  /** A container of busybox that was started; its id. */
  async run(name: string, body: object): Promise<string> {
    const created = await this.call("POST", `/containers/create?name=${name}`, { Image: "busybox", ...body });
    const { Id } = JSON.parse(created) as { readonly Id: string };
    await this.call("POST", `/containers/${Id}/start`);
    return Id;
  }
}
