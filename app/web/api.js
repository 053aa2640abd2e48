// The HTTP API, v1. Every failure is a Problem, which says what happened and what to do.

const PATIENCE_MS = 30_000;

/** A failure as the service tells it (problem+json), or as the network shows it (status 0). */
export class Problem extends Error {
  constructor({ title = "", detail = "", hint = "", field = null, status = 0 }) {
    super(detail || title);
    this.title = title;
    this.detail = detail;
    this.hint = hint;
    this.field = field;
    this.status = status;
  }
}

export const isAborted = (error) => error instanceof DOMException && error.name === "AbortError";

export const thumbnailUrl = (collection, id) => `${itemPath(collection, id)}/thumbnail`;

export async function listCollections(signal) {
  return (await call("/v1/collections", { signal })).collections;
}

export function describeCollection(collection, signal) {
  return call(collectionPath(collection), { signal });
}

export function getItem(collection, id, signal) {
  return call(itemPath(collection, id), { signal });
}

/**
 * One page of hits; `body` as the API takes it. Without `headers` it is one that nobody asked for,
 * such as for counts, and is not recorded as a person's search.
 */
export function search(collection, body, signal, headers = { "Binocle-Record": "no" }) {
  return call(`${collectionPath(collection)}/search`, { body, signal, headers });
}

/** Many searches in one call: their answers, in order; raises the first Problem among them. */
export async function searchAll(collection, searches, signal) {
  const { results } = await call(`${collectionPath(collection)}/search/batch`, { body: { searches }, signal });
  return results.map(({ answer, problem }) => {
    if (problem) throw new Problem(problem);
    return answer;
  });
}

/** What `words` may be the beginning of. */
export function suggest(collection, words, signal) {
  const q = encodeURIComponent(words.slice(0, 200));
  return call(`${collectionPath(collection)}/suggest?q=${q}`, { signal });
}

/** {required, role, ...}: what the browser's key may do, see GET /v1/session. */
export function readSession() {
  return call("/v1/session");
}

/** Have the browser send `key` from now on, images included. */
export function useKey(key) {
  return call("/v1/session", { body: { key } });
}

export const collectionPath = (name) => `/v1/collections/${encodeURIComponent(name)}`;
const itemPath = (collection, id) => `${collectionPath(collection)}/items/${encodeURIComponent(id)}`;

/**
 * The JSON that the service answers; null for no content. Raises Problem, or AbortError.
 * `body` is sent as JSON, or as it is where a content `type` is given.
 */
export async function call(path, { body, type, method, headers, signal, patience = PATIENCE_MS } = {}) {
  const timer = new AbortController();
  const cancel = () => timer.abort(signal.reason);
  signal?.addEventListener("abort", cancel);
  const alarm = setTimeout(() => timer.abort(tooSlow(patience)), patience);
  try {
    const response = await fetch(path, {
      method: method ?? (body ? "POST" : "GET"),
      headers: { Accept: "application/json", ...headers, ...(body && { "Content-Type": type ?? "application/json" }) },
      body: body && (type ? body : JSON.stringify(body)),
      signal: timer.signal,
    });
    return await read(response);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Problem) throw error;
    throw new Problem(UNREACHABLE);
  } finally {
    clearTimeout(alarm);
    signal?.removeEventListener("abort", cancel);
  }
}

async function read(response) {
  if (response.status === 204) return null;
  const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
  const content = isJson ? await response.json() : null;
  if (response.ok && content !== null) return content;
  throw new Problem({
    title: content?.title,
    detail: content?.detail ?? `The service answered with status ${response.status} and no reason.`,
    hint: content?.hint ?? (response.status >= 500 ? "Try again in a moment." : ""),
    field: content?.field ?? null,
    status: response.status,
  });
}

const UNREACHABLE = {
  title: "The service can't be reached",
  detail: "No answer came.",
  hint: "See whether it still runs (binocle serve) and whether you are online, then try again.",
};

const tooSlow = (patience) =>
  new Problem({
    title: "The service is too slow",
    detail: `No answer came within ${patience / 1000} seconds.`,
    hint: "Try again in a moment.",
  });
