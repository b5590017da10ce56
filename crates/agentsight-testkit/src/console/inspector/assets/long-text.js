/** Text of any length, of which the beginning is shown until somebody asks for all of it. */

import { button, element, userText } from './element.js';
import { bytes } from './format.js';

const MOST_CHARACTERS = 2400;
const MOST_LINES = 28;

/**
 * @param {string} tag
 * @param {string} text
 * @param {string} [name] the class of the text
 */
export function longText(tag, text, name) {
  const beginning = shortened(text);
  if (beginning === text) return userText(tag, text, name);
  const shown = userText(tag, `${beginning} …`, name);
  const all = button(`Show all (${bytes(new Blob([text]).size)})`, () => {
    const isAll = all.getAttribute('aria-expanded') === 'true';
    shown.textContent = isAll ? `${beginning} …` : text;
    all.setAttribute('aria-expanded', String(!isAll));
    all.textContent = isAll ? `Show all (${bytes(new Blob([text]).size)})` : 'Show less';
    if (isAll) shown.scrollIntoView({ block: 'nearest' });
  }, { class: 'link', 'aria-expanded': 'false' });
  return element('div', { class: 'long' }, shown, all);
}

/** @param {string} text */
function shortened(text) {
  let end = Math.min(text.length, MOST_CHARACTERS);
  let place = -1;
  for (let line = 0; line < MOST_LINES; line += 1) {
    place = text.indexOf('\n', place + 1);
    if (place < 0 || place >= end) break;
    if (line === MOST_LINES - 1) end = place;
  }
  // A little more than the limit is shown at once, and no character is cut in two.
  if (text.length - end < 200) return text;
  return /[\uD800-\uDBFF]/.test(text[end - 1]) ? text.slice(0, end - 1) : text.slice(0, end);
}
