/** The parts of a recorded form as arguments of curl. What they are called comes from whoever sent them. */

import { quoted } from './shell-word.js';

/**
 * One argument a part: a file is read from the working directory, anything else is in the argument.
 * @param {any} request as the control API answers it
 * @param {string} type its `Content-Type`
 */
export function forms(request, type) {
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (!boundary) return [];
  const isText = typeof request.body === 'string';
  /** @type {string} one character a byte where it is no text */
  const body = isText ? request.body : binary(request.body_base64 ?? '');
  const read = isText ? (/** @type {string} */ part) => part : utf8;
  return body.split(`--${boundary}`).slice(1, -1).map((part) => {
    const end = part.indexOf('\r\n\r\n');
    const head = read(end < 0 ? part : part.slice(0, end));
    // Behind the first = curl would look for the name of a file.
    const name = (/[; ]name="([^"]*)"/i.exec(head)?.[1] ?? '').replaceAll('=', '%3D');
    const file = fileName(head);
    if (file !== null) return `--form ${quoted(`${name}=@"${escaped(file)}"${mimeType(head)}`)}`;
    const content = end < 0 ? '' : read(part.slice(end + 4).replace(/\r\n$/, ''));
    return `--form-string ${quoted(`${name}=${content}`)}`;
  });
}

/** The last segment of the name of a file, so that no path leads out of the folder; none where it is no file. @param {string} head */
function fileName(head) {
  const plain = /[; ]filename="([^"]*)"/i.exec(head)?.[1];
  const encoded = /[; ]filename\*=utf-8''([^;\s]*)/i.exec(head)?.[1];
  const name = encoded === undefined ? plain : decoded(encoded);
  if (name === undefined) return null;
  const last = name.split(/[/\\]/).at(-1) ?? '';
  return ['', '.', '..'].includes(last) ? 'file' : last;
}

/** Only the type itself: among its parameters curl would find `headers=@`, and read a file. @param {string} head */
function mimeType(head) {
  const type = /content-type:\s*([\w.+-]+\/[\w.+-]+)/i.exec(head)?.[1];
  return type ? `;type=${type}` : '';
}

/** As curl reads it between quotes. @param {string} name */
const escaped = (name) => name.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} base64 */
function binary(base64) {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}

/** @param {string} bytes one character a byte */
const utf8 = (bytes) => new TextDecoder().decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0)));
