import { Failure } from "../../../core/errors.ts";
import { type HttpRequest, type HttpResponse, type Middleware, shownUrl } from "./message.ts";

const LIMIT = 10;
/** With these any method is repeated as it is; with the others only GET and HEAD, RFC 9110, section 15.4. */
const KEEPING = new Set([307, 308]);
const REDIRECTS = new Set([301, 302, 303, ...KEEPING]);
/** What must not reach another host than the one it was meant for. */
const PRIVATE = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Follows redirects; to another origin without credentials. */
export const followingRedirects: Middleware = (next) => async (request) => {
  let current = request;
  for (let hop = 0; hop <= LIMIT; hop += 1) {
    const response = await next(current);
    const target = targetOf(current, response);
    if (target === undefined) return response;
    await response.discard();
    current = redirected(current, target);
  }
  throw new Failure("REGISTRY_ANSWER_INVALID", {
    url: shownUrl(request.url),
    why: `more than ${LIMIT} redirects`,
  });
};

function targetOf(request: HttpRequest, response: HttpResponse): URL | undefined {
  const location = response.header("location");
  if (!REDIRECTS.has(response.status) || location === undefined) return undefined;
  if (!KEEPING.has(response.status) && request.method !== "GET" && request.method !== "HEAD")
    return undefined;
  const target = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
  if (target?.protocol === "https:" || target?.protocol === "http:") return target;
  throw new Failure("REGISTRY_ANSWER_INVALID", {
    url: shownUrl(request.url),
    why: "redirects to what is no HTTP URL",
  });
}

function redirected(request: HttpRequest, url: URL): HttpRequest {
  if (url.origin === request.url.origin) return { ...request, url };
  const headers = Object.entries(request.headers).filter(([name]) => !PRIVATE.has(name));
  return { ...request, url, headers: Object.fromEntries(headers) };
}
