/** A recorded request as a command line that sends it again. */

const LEFT_OUT = ['accept-encoding', 'authorization', 'connection', 'content-length', 'host', 'transfer-encoding'];

/**
 * A text as one word of a POSIX shell, whatever it holds.
 * @param {string} text
 */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The command. The endpoint and the key come from the environment, so that it can be shared.
 * @param {any} request as the control API answers it
 */
export function curl(request) {
  const query = new URLSearchParams(request.query ?? []);
  const target = `${request.path}${[...query].length > 0 ? `?${query}` : ''}`;
  /** @type {[string, string][]} */
  const sent = request.headers ?? [];
  const headers = sent.filter(([name]) => !LEFT_OUT.includes(name.toLowerCase()));
  const isMultipart = contentType(request).toLowerCase().startsWith('multipart/form-data');
  const parts = [`curl -sS -X ${request.method} "$AGENTSIGHT_API_ENDPOINT"${quoted(target)}`];
  const had = sent.some(([name]) => name.toLowerCase() === 'authorization');
  if (had) parts.push('-H "Authorization: Api-Key $AGENTSIGHT_API_KEY"');
  for (const [name, value] of headers) {
    if (isMultipart && name.toLowerCase() === 'content-type') continue;
    parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  const notes = [];
  if (isMultipart) {
    parts.push(...forms(request));
    notes.push('# The files are read from the working directory.');
  } else if (request.body) {
    parts.push(`--data-raw ${quoted(request.body)}`);
  } else if (request.body_base64) {
    notes.push('# The body is not text: it is piped in.');
    parts[0] = `printf %s ${quoted(request.body_base64)} | base64 -d | ${parts[0]}`;
    parts.push('--data-binary @-');
  }
  if (request.body_cut) notes.push('# Only the beginning of the body was kept here.');
  return [...notes, parts.join(' \\\n  ')].join('\n');
}

/** @param {any} request */
export function contentType(request) {
  /** @type {[string, string][]} */
  const sent = request.headers ?? [];
  const found = sent.find(([name]) => name.toLowerCase() === 'content-type');
  return found ? String(found[1]) : '';
}

/** The parts of a form, by their heads. @param {any} request */
function forms(request) {
  /** @type {string} */
  const body = request.body ?? binary(request.body_base64 ?? '');
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType(request))?.[1];
  if (!boundary) return [];
  return body.split(`--${boundary}`).slice(1, -1).map((part) => {
    const [head, ...rest] = part.split('\r\n\r\n');
    const name = /[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '';
    const file = /filename="([^"]*)"/i.exec(head)?.[1];
    const type = /content-type:\s*([^\r\n]+)/i.exec(head)?.[1];
    if (file !== undefined) return `--form ${quoted(`${name}=@"${file}"${type ? `;type=${type}` : ''}`)}`;
    return `--form-string ${quoted(`${name}=${rest.join('\r\n\r\n').replace(/\r\n$/, '')}`)}`;
  });
}

/** @param {string} base64 */
function binary(base64) {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}
