/** A recorded request as a command line that sends it again. */

import { forms } from './curl-form.js';
import { quoted } from './shell-word.js';

/** What curl sets itself, and what the record does not have: of credentials it shows that they were there. */
const LEFT_OUT = [
  'accept-encoding', 'authorization', 'connection', 'content-length', 'cookie', 'host', 'proxy-authorization',
  'transfer-encoding', 'x-api-key',
];

/**
 * The command. The endpoint and the key come from the environment, so that it can be shared.
 * @param {any} request as the control API answers it
 */
export function curl(request) {
  const query = new URLSearchParams(request.query ?? []);
  const target = `${request.path}${[...query].length > 0 ? `?${query}` : ''}`;
  /** @type {[string, string][]} */
  const sent = request.headers ?? [];
  const type = contentType(request);
  const isMultipart = type.toLowerCase().startsWith('multipart/form-data');
  const isHead = request.method === 'HEAD' && !request.body && !request.body_base64;
  // A client may call its method anything that HTTP allows: a|b, or `reboot`.
  const method = isHead ? '-I' : `-X ${quoted(request.method)}`;
  const parts = [`curl -sS --globoff --path-as-is ${method} "$AGENTSIGHT_API_ENDPOINT"${quoted(target)}`];
  const had = sent.some(([name]) => name.toLowerCase() === 'authorization');
  if (had) parts.push('-H "Authorization: Api-Key $AGENTSIGHT_API_KEY"');
  for (const [name, value] of sent) {
    if (LEFT_OUT.includes(name.toLowerCase())) continue;
    if (isMultipart && name.toLowerCase() === 'content-type') continue;
    // With a colon and nothing behind it, curl would take the header away.
    parts.push(`-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  if (type === '' && (request.body || request.body_base64)) parts.push("-H 'Content-Type:'");
  const notes = [];
  if (isMultipart) {
    parts.push(...forms(request, type));
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
