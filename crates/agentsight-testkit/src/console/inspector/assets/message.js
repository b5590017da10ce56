/** One entry of a transcript: words, an action, a button, files. */

import { element, userText } from './element.js';
import { feedbackBox } from './feedback.js';
import { bytes, count, duration, number, timeWithSeconds } from './format.js';
import { icon } from './icon.js';
import { isFilled, jsonTree } from './json-tree.js';
import { longText } from './long-text.js';

const WHO = { end_user: 'Person', agent: 'Agent' };
/** What the service writes itself where only files came, and where a button was pressed. */
const ONLY_FILES = '[Attachments]';

/** @param {any} message */
export function messageItem(message) {
  const side = message.sender === 'agent' ? 'agent' : 'end_user';
  const logs = message.action_logs ?? [];
  const files = message.attachments ?? [];
  const isAction = message.action_name !== null && message.action_name !== undefined;
  const kind = isAction ? 'action' : message.button ? 'button' : 'words';
  const isSpoken = kind === 'words' && !(message.content === ONLY_FILES && files.length > 0);
  return element('li', { class: `message message-${kind}`, 'data-message': message.id, 'data-side': side },
    element('p', { class: 'message-head' },
      element('span', { class: 'message-who' }, kind === 'action' ? 'Action' : WHO[side]),
      element('time', { datetime: message.timestamp, title: message.timestamp }, timeWithSeconds(message.timestamp))),
    isSpoken && element('div', { class: 'bubble' }, longText('div', message.content ?? '', 'words')),
    message.button && pressed(message.button),
    isAction && (logs.length > 0 ? logs.map((/** @type {any} */ log) => action(message, log)) : action(message, null)),
    files.length > 0 && element('ul', { class: 'files', 'aria-label': 'Attachments' }, files.map(file)),
    message.feedback && feedbackBox(message.feedback),
    !isAction && isFilled(message.metadata) && jsonTree('metadata', message.metadata));
}

/** @param {any} message @param {any} log */
function action(message, log) {
  if (message.action_name === 'token_usage') return usage(log?.metadata ?? message.metadata ?? {});
  const failed = Boolean(log?.error_message);
  const spent = milliseconds(log);
  const rows = log ? [
    ['Error', log.error_message && longText('pre', log.error_message, 'block block-error')],
    ['Response', log.response && longText('pre', log.response, 'block')],
    [null, isFilled(log.tools_used) && jsonTree('Tools used', log.tools_used, true)],
    [null, isFilled(log.metadata) && jsonTree('Metadata', log.metadata)],
    ['Started', log.started_at && element('time', { datetime: log.started_at }, log.started_at)],
    ['Ended', log.ended_at && element('time', { datetime: log.ended_at }, log.ended_at)],
  ] : [];
  const details = rows.filter(([, value]) => value)
    .map(([name, value]) => element('div', { class: 'fact' }, name && element('p', { class: 'fact-name' }, name), value));
  return element('details', { class: `action ${failed ? 'action-failed' : ''}` },
    element('summary', {}, icon('tool'), userText('span', message.action_name, 'action-name'),
      element('span', { class: `badge badge-${failed ? 'negative' : 'positive'}` }, failed ? 'failed' : 'done'),
      spent !== null && element('span', { class: 'action-time' }, duration(spent))),
    details.length > 0 ? element('div', { class: 'facts' }, details) : element('p', { class: 'quiet' }, 'Nothing more was recorded.'));
}

/** The duration given, else the time from beginning to end. @param {any} log @returns {number | null} */
function milliseconds(log) {
  const given = log?.duration_ms ?? Date.parse(log?.ended_at) - Date.parse(log?.started_at);
  return Number.isFinite(Number(given)) ? Number(given) : null;
}

/** @param {any} counters */
function usage(counters) {
  const part = (/** @type {string} */ name, /** @type {string} */ words) =>
    Number(counters[name]) > 0 && element('span', {}, element('b', {}, number(Number(counters[name]))), ` ${words}`);
  return element('p', { class: 'usage' }, icon('tokens'),
    element('span', {}, element('b', {}, count(Number(counters.total_tokens ?? 0), 'token'))),
    part('prompt_tokens', 'prompt'), part('completion_tokens', 'completion'), part('embedding_tokens', 'embedding'));
}

/** @param {any} press */
function pressed(press) {
  return element('div', { class: 'pressed' }, icon('press'),
    element('span', {}, 'Pressed ', userText('b', press.label)),
    element('span', { class: 'quiet' }, userText('code', press.button_event), ' = ', userText('code', press.value)),
    isFilled(press.metadata) && jsonTree('metadata', press.metadata));
}

/** @param {any} attachment */
function file(attachment) {
  const { filename, mime_type: type, size_bytes: size, file_url: address, preview_url: preview } = attachment;
  return element('li', { class: 'file' },
    preview && element('img', { class: 'preview', src: preview, alt: `Preview of ${filename}`, loading: 'lazy' }),
    element('div', { class: 'file-row' }, icon('file'),
      element('span', { class: 'file-words' }, userText('span', filename, 'file-name'),
        element('span', { class: 'quiet', dir: 'auto' }, `${type || attachment.type} · ${bytes(size ?? 0)}`)),
      element('a', { class: 'button button-small', href: address, download: true, 'aria-label': `Download ${filename}` }, icon('download'), 'Download')));
}
