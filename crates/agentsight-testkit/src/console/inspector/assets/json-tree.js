/** JSON as a tree that opens where one looks. */

import { element, userText } from './element.js';
import { count } from './format.js';

/** Entries beyond this are shown on demand. */
const FIRST = 100;

/**
 * A folded tree of an object or a list.
 * @param {string} label
 * @param {any} value
 * @param {boolean} [isOpen]
 */
export function jsonTree(label, value, isOpen = false) {
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  const body = element('ul', { class: 'tree' });
  const fold = element('details', { class: 'fold' },
    element('summary', {}, userText('span', label), element('span', { class: 'fold-count' }, count(size, 'entry', 'entries'))),
    body);
  let isFilled = false;
  const show = () => {
    if (isFilled) return;
    isFilled = true;
    addEntries(body, Object.entries(value), 0);
  };
  fold.addEventListener('toggle', show);
  if (isOpen) {
    show();
    fold.setAttribute('open', '');
  }
  return fold;
}

/** Whether there is something to show. @param {any} value */
export const isFilled = (value) => value !== null && typeof value === 'object' && Object.keys(value).length > 0;

/** @param {HTMLElement} list @param {[string, any][]} entries @param {number} start */
function addEntries(list, entries, start) {
  for (const [name, value] of entries.slice(start, start + FIRST)) list.append(entry(name, value));
  const rest = entries.length - start - FIRST;
  if (rest <= 0) return;
  const more = element('button', { type: 'button', class: 'link' }, `Show ${count(Math.min(rest, FIRST), 'more entry', 'more entries')}`);
  const item = element('li', {}, more);
  more.addEventListener('click', () => {
    item.remove();
    addEntries(list, entries, start + FIRST);
  });
  list.append(item);
}

/** @param {string} name @param {any} value */
function entry(name, value) {
  if (isFilled(value)) return element('li', {}, jsonTree(name, value));
  return element('li', { class: 'leaf' }, userText('span', name, 'leaf-name'), leaf(value));
}

/** @param {any} value */
function leaf(value) {
  if (typeof value === 'string') return userText('span', value, 'leaf-text');
  if (value !== null && typeof value === 'object') return element('span', { class: 'leaf-none' }, Array.isArray(value) ? '[ ]' : '{ }');
  return element('span', { class: value === null ? 'leaf-none' : 'leaf-value' }, String(value));
}
