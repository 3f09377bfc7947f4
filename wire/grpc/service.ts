import { once } from "node:events";
import {
  Metadata,
  type MethodDefinition,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { messageOf } from "../../core/errors.ts";
import type { Message } from "./message.ts";
import { serviceError } from "./status.ts";

export interface RpcCall<Request> {
  readonly request: Request;
  /** The first value of a header of the call. */
  readonly header: (name: string) => string | undefined;
  /** Aborted when the client gave the call up, or is gone. */
  readonly signal: AbortSignal;
}

/** A method: how its messages are read and written, and what is done. */
export interface Rpc {
  readonly name: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly messages: Pick<
    MethodDefinition<unknown, unknown>,
    "requestSerialize" | "requestDeserialize" | "responseSerialize" | "responseDeserialize"
  >;
  readonly implementation: UntypedServiceImplementation[string];
}

/** One message in, one out. */
export function unary<In, Out>(
  name: string,
  request: Message<In, never>,
  response: Message<unknown, Out>,
  handle: (call: RpcCall<In>) => Promise<Out>,
): Rpc {
  const implementation = (call: ServerUnaryCall<In, Out>, done: sendUnaryData<Out>): void => {
    const answer = async (): Promise<Parameters<typeof done>> => {
      try {
        return [null, await handle(callOf(call))];
      } catch (error) {
        return [serviceError(error, messageOf)];
      }
    };
    const tell = async (): Promise<void> => done(...(await answer()));
    void tell();
  };
  return {
    name,
    requestStream: false,
    responseStream: false,
    messages: messagesOf(request, response),
    implementation,
  };
}

/** One message in, a stream out. */
export function streaming<In, Out>(
  name: string,
  request: Message<In, never>,
  response: Message<unknown, Out>,
  handle: (call: RpcCall<In>) => AsyncIterable<Out>,
  /** Headers of the answer. */
  headers: () => Readonly<Record<string, string>> = () => ({}),
): Rpc {
  const implementation = (call: ServerWritableStream<In, Out>): void => {
    const { signal, ...rest } = callOf(call);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers())) metadata.set(name, value);
    call.sendMetadata(metadata);
    write(call, handle({ ...rest, signal }), signal).then(
      () => call.end(),
      (error: unknown) => call.emit("error", serviceError(error, messageOf)),
    );
  };
  return {
    name,
    requestStream: false,
    responseStream: true,
    messages: messagesOf(request, response),
    implementation,
  };
}

/** What a method of messages in both directions sees of its call. */
export interface RpcTalk<In, Out> {
  readonly messages: AsyncIterable<In>;
  /** Resolves when there is room for more. */
  send(message: Out): Promise<void>;
  /** All values of a header of the call. */
  readonly headers: (name: string) => readonly string[];
  readonly signal: AbortSignal;
}

/** A stream in, a stream out; the call ends when `handle` has. */
export function talking<In, Out>(
  name: string,
  request: Message<In, never>,
  response: Message<unknown, Out>,
  handle: (talk: RpcTalk<In, Out>) => Promise<void>,
): Rpc {
  const implementation = (call: ServerDuplexStream<In, Out>): void => {
    const gone = new AbortController();
    call.once("cancelled", () => gone.abort());
    const { signal } = gone;
    const talk: RpcTalk<In, Out> = {
      // Whoever stops reading may still send.
      messages: call.iterator({ destroyOnReturn: false }),
      signal,
      headers: (header) => call.metadata.get(header).map(String),
      async send(message) {
        signal.throwIfAborted();
        if (!call.write(message)) await once(call, "drain", { signal });
      },
    };
    handle(talk).then(
      () => call.end(),
      (error: unknown) => call.emit("error", serviceError(error, messageOf)),
    );
  };
  const messages = messagesOf(request, response);
  return { name, requestStream: true, responseStream: true, messages, implementation };
}

async function write<Out>(
  call: ServerWritableStream<unknown, Out>,
  answers: AsyncIterable<Out>,
  signal: AbortSignal,
): Promise<void> {
  for await (const answer of answers) {
    signal.throwIfAborted();
    if (!call.write(answer)) await once(call, "drain", { signal });
  }
}

function callOf<In>(call: ServerUnaryCall<In, never> | ServerWritableStream<In, never>): RpcCall<In> {
  const gone = new AbortController();
  call.once("cancelled", () => gone.abort());
  return {
    request: call.request,
    header: (name) => call.metadata.get(name)[0]?.toString(),
    signal: gone.signal,
  };
}

function messagesOf<In, Out>(request: Message<In, never>, response: Message<unknown, Out>): Rpc["messages"] {
  return {
    requestDeserialize: (bytes: Buffer) => request.decode(bytes),
    responseSerialize: (value: unknown) => response.encode(value as Out),
    // For clients only.
    requestSerialize: unused,
    responseDeserialize: unused,
  };
}

const unused = (): never => {
  throw new TypeError("this service is served, not called");
};

/** A service as grpc-js takes it. */
export function service(
  name: string,
  rpcs: readonly Rpc[],
): { readonly definition: ServiceDefinition; readonly implementation: UntypedServiceImplementation } {
  const definition = rpcs.map((rpc): [string, MethodDefinition<unknown, unknown>] => [
    rpc.name,
    {
      path: `/${name}/${rpc.name}`,
      requestStream: rpc.requestStream,
      responseStream: rpc.responseStream,
      ...rpc.messages,
    },
  ]);
  const implementation = rpcs.map((rpc): [string, Rpc["implementation"]] => [rpc.name, rpc.implementation]);
  return {
    definition: Object.fromEntries(definition),
    implementation: Object.fromEntries(implementation),
  };
}
