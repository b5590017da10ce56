/** What reached the service, and how: accepted once, in order, and by requests that are documented. */

import { button, element, fill, userText } from './element.js';
import { bytes, count, number } from './format.js';
import { icon } from './icon.js';
import { address } from './router.js';
import { get, isAbort } from './service.js';
import { atMostEvery } from './stream.js';

/** What is not documented. @type {Record<string, string>} */
const WRONG = { route: 'No such path:', method: 'No such method:', parameter: 'Unknown parameter', field: 'Unknown field' };

const REFRESH_MS = 1500;
const STEP = 200;
const MOST = 1000;

export class AuditView {
  constructor() {
    this.text = '';
    this.limit = STEP;
    this.body = element('div', { class: 'audit-body' });
    this.element = element('section', { class: 'page', 'aria-label': 'Audit', tabindex: 0 }, element('div', { class: 'page-inner' },
      element('header', { class: 'page-head' }, element('div', {}, element('h1', {}, 'Audit'),
        element('p', { class: 'quiet' }, 'What arrived over the life of the server: once, in order, and as documented?'))),
      this.body));
    this.refresh = atMostEvery(() => this.#load(), REFRESH_MS);
  }

  show() {
    this.#load();
  }

  onRequests() {
    if (!this.element.hidden && !document.hidden) this.refresh();
  }

  async #load() {
    this.controller?.abort();
    this.controller = new AbortController();
    const { signal } = this.controller;
    try {
      const limit = String(this.limit);
      const [found, audit, verification] = await Promise.all([
        get('audit', { signal, query: new URLSearchParams({ limit, findings: 'true' }) }),
        get('audit', { signal, query: new URLSearchParams({ limit }) }),
        get('verification', { signal }),
      ]);
      const text = JSON.stringify([found, audit, verification]);
      if (text !== this.text) this.#draw(found, audit, verification);
      this.text = text;
    } catch (error) {
      if (isAbort(error)) return;
      this.text = '';
      fill(this.body, element('p', { class: 'problem', role: 'alert' }, /** @type {Error} */ (error).message));
    }
  }

  /** @param {any} found the conversations in which something is wrong @param {any} audit those from the first on @param {any} verification */
  #draw(found, audit, verification) {
    const { overall } = audit;
    const [duplicated, reordered, early] = [many(overall.duplicated), many(overall.reordered), many(overall.early)];
    const { undocumented } = verification;
    const more = (found.more || audit.more) && this.limit < MOST && button('Show more', () => {
      this.limit = Math.min(this.limit + STEP, MOST);
      this.#load();
    });
    fill(this.body,
      element('ul', { class: 'verdicts' },
        verdict(duplicated === 0, 'Nothing arrived twice', count(duplicated, 'event arrived twice', 'events arrived twice')),
        verdict(reordered === 0, 'Everything in order', count(reordered, 'event out of order', 'events out of order')),
        verdict(early === 0, 'No request before Retry-After was over', count(early, 'request came', 'requests came').concat(' before Retry-After was over')),
        verdict(verification.ok, 'Every request is documented', count(verification.problems, 'thing', 'things').concat(' that nobody documents'))),
      element('dl', { class: 'tiles' },
        tile('Events accepted', number(many(overall.accepted))),
        tile('Requests', number(many(overall.requests))),
        tile('Most at once', number(many(overall.most_parallel))),
        tile('Received', bytes(many(overall.bytes_in))),
        tile('Answered', bytes(many(overall.bytes_out)))),
      undocumented.length > 0 && element('section', { class: 'card' }, element('div', { class: 'card-top' }, element('h2', {}, 'Undocumented')),
        element('ul', { class: 'undocumented' }, undocumented.slice(0, STEP).map(undocumentedRow))),
      verification.forgotten > 0 && element('p', { class: 'quiet' }, `${count(verification.forgotten, 'older request is', 'older requests are')} no longer kept, and not among what was checked.`),
      conversationTable(found.conversations, audit.conversations, audit.more), more);
  }
}

/** A number, or how many there are. @param {any} value */
const many = (value) => (Array.isArray(value) ? value.length : Number(value ?? 0));

/** @param {boolean} isGood @param {string} good @param {string} bad */
function verdict(isGood, good, bad) {
  return element('li', { class: isGood ? 'verdict verdict-good' : 'verdict verdict-bad' }, icon(isGood ? 'check' : 'warning'), isGood ? good : bad);
}

/** @param {string} name @param {string} value */
const tile = (name, value) => element('div', { class: 'tile' }, element('dt', {}, name), element('dd', {}, value));

/** @param {any} one */
function undocumentedRow({ request, method, path, problem, name, nearest }) {
  return element('li', {}, `${WRONG[problem] ?? problem} `, name && userText('code', name), name && ' in ',
    userText('code', `${method} ${path}`),
    nearest && element('span', {}, ', perhaps meant as ', userText('code', nearest)),
    ' · ', element('a', { href: address('requests', request) }, `request ${request}`));
}

/** @param {any[]} found shown first @param {any[]} first @param {boolean} isBeginning whether there are more than the first */
function conversationTable(found, first, isBeginning) {
  if (first.length === 0) return element('p', { class: 'chart-none' }, 'Nothing has arrived yet. Send something, and look here whether it came once and in order.');
  const numbers = new Set(found.map((one) => one.id));
  const conversations = [...found, ...first.filter((one) => !numbers.has(one.id))];
  return element('section', { class: 'card' }, element('div', { class: 'card-top' }, element('h2', {}, 'Conversations'),
    isBeginning && element('span', { class: 'quiet' }, `${number(found.length)} in which something is wrong, and the first ${number(first.length)}`)),
    element('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'Audit of each conversation' },
      element('table', {},
        element('thead', {}, element('tr', {}, ['Conversation', 'Accepted', 'Twice', 'Out of order', 'Requests', 'Most at once'].map((head) => element('th', { scope: 'col' }, head)))),
        element('tbody', {}, conversations.map((one) => element('tr', {},
          element('th', { scope: 'row' }, element('a', { href: address('conversations', one.id), dir: 'auto' }, one.conversation_id)),
          cell(one.accepted), cell(one.duplicated, true), cell(one.reordered, true), cell(one.traffic?.requests), cell(one.traffic?.most_parallel)))))));
}

/** @param {any} value @param {boolean} [isFault] */
const cell = (value, isFault = false) => element('td', { class: isFault && many(value) > 0 ? 'bad' : null }, number(many(value)));
