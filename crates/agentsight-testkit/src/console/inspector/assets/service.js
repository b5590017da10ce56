/** Asks the server that this page came from. */

/** What went wrong, in words that a reader can act on. */
export class Problem extends Error {}

/**
 * A JSON answer.
 * @param {string} path under `/__testkit/`
 * @param {{signal?: AbortSignal, query?: URLSearchParams}} [options]
 * @returns {Promise<any>}
 */
export async function get(path, options) {
  return (await getText(path, options)).body;
}

/**
 * A JSON answer, and the text that it was.
 * @param {string} path under `/__testkit/`
 * @param {{signal?: AbortSignal, query?: URLSearchParams}} [options]
 * @returns {Promise<{text: string, body: any}>}
 */
export async function getText(path, { signal, query } = {}) {
  const mark = query && [...query].length > 0 ? `?${query}` : '';
  let response;
  try {
    response = await fetch(`/__testkit/${path}${mark}`, { signal, headers: { accept: 'application/json' } });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem('The server does not answer. Is agentsight-fake still running?');
  }
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Problem(`The server answered ${response.status} with something that is not JSON.`);
  }
  if (!response.ok) throw new Problem(words(body) ?? `The server answered ${response.status}.`);
  return { text, body };
}

/** Refuses what an address names but cannot be a row: `..` would lead to another path. @param {string} id */
export function checkNumber(id) {
  if (!/^\d+$/.test(id)) throw new Problem('The path ends with a number.');
}

/** Whether a request ended because nobody waits for it any more. @param {unknown} error */
export const isAbort = (error) => error instanceof DOMException && error.name === 'AbortError';

/** @param {any} body */
function words(body) {
  if (typeof body?.error === 'string') return body.error;
  if (typeof body?.detail === 'string') return body.detail;
  const fields = Object.entries(body ?? {}).map(([field, messages]) => `${field}: ${[messages].flat().join(' ')}`);
  return fields.length > 0 ? fields.join(' · ') : null;
}
