/** One request and its answer, whole. */

import { contentType, curl } from './curl.js';
import { button, element, fill, userText } from './element.js';
import { bytes, duration } from './format.js';
import { icon } from './icon.js';
import { indented } from './json-text.js';
import { longText } from './long-text.js';
import { address } from './router.js';
import { checkNumber, get, isAbort } from './service.js';

/** @param {number | null | undefined} status */
export const statusKind = (status) => (!status ? 'negative' : status < 300 ? 'positive' : status < 400 ? 'plain' : status < 500 ? 'marked' : 'negative');

export class RequestDetail {
  constructor() {
    /** @type {string | null} */
    this.id = null;
    this.body = element('div', { class: 'detail-body' });
    this.element = element('section', { class: 'pane detail-pane', 'aria-label': 'Request', tabindex: 0 }, this.body);
    this.#none();
  }

  /** @param {string | null} id */
  async open(id) {
    if (id === this.id) return;
    this.id = id;
    this.controller?.abort();
    if (id === null) {
      this.#none();
      return;
    }
    this.controller = new AbortController();
    try {
      checkNumber(id);
      const request = await get(`requests/${id}`, { signal: this.controller.signal });
      if (id === this.id) this.#draw(request.request ?? request);
    } catch (error) {
      if (isAbort(error) || id !== this.id) return;
      fill(this.body, back(), element('div', { class: 'empty' }, element('p', {}, /** @type {Error} */ (error).message)));
    }
  }

  /** @param {any} request */
  #draw(request) {
    const copy = button('Copy as curl', () => navigator.clipboard.writeText(curl(request)).then(() => {
      copied.textContent = 'Copied';
    }, () => {
      shown.setAttribute('open', '');
      copied.textContent = 'Copy it from below';
    }));
    copy.prepend(icon('copy'));
    const copied = element('span', { class: 'quiet', role: 'status' });
    const shown = element('details', { class: 'fold' }, element('summary', {}, 'As curl'), longText('pre', curl(request), 'block'));
    const facts = [
      ['Number', request.number],
      ['Received', new Date(request.at).toLocaleString()],
      ['Answered in', request.duration_ms === null ? 'never' : duration(request.duration_ms)],
      ['Body', bytes(request.body_bytes ?? 0)],
    ];
    this.element.scrollTop = 0;
    fill(this.body,
      element('header', { class: 'detail-head' },
        element('div', { class: 'detail-top' }, back(),
          element('h1', { class: 'request-title' }, element('span', { class: 'method' }, request.method), ' ', userText('span', request.path)),
          copied, copy),
        element('p', { class: 'badges' },
          element('span', { class: `badge badge-${statusKind(request.status)}` }, request.status ?? 'no answer'),
          request.fault && element('span', { class: 'badge badge-marked badge-long' }, icon('warning'), userText('span', `fault: ${request.fault}`))),
        element('dl', { class: 'strip' }, facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))))),
      shown,
      (request.query ?? []).length > 0 && section('Query', pairs(request.query)),
      section('Request headers', pairs(request.headers ?? []), false),
      section('Request body', content(request.body, request.body_base64, request.body_cut, contentType(request))),
      section('Answer headers', pairs(request.answer_headers ?? []), false),
      section('Answer', content(request.answer, request.answer_base64, request.answer_cut, '')));
  }

  #none() {
    fill(this.body, element('div', { class: 'empty' }, element('p', {}, 'Choose a request to see what was sent and what came back.')));
  }
}

const back = () => element('a', { class: 'back', href: address('requests') }, icon('back'), 'All requests');

/** @param {string} title @param {HTMLElement} inside @param {boolean} [isOpen] */
function section(title, inside, isOpen = true) {
  return element('details', { class: 'fold section', open: isOpen }, element('summary', {}, element('h2', {}, title)), inside);
}

/** @param {[string, string][]} list */
function pairs(list) {
  if (list.length === 0) return element('p', { class: 'quiet' }, 'None.');
  return element('dl', { class: 'pairs' }, list.map(([name, value]) => [userText('dt', name), userText('dd', value)]).flat());
}

/** @param {string | null | undefined} text @param {string | null | undefined} base64 @param {boolean | undefined} isCut @param {string} type */
function content(text, base64, isCut, type) {
  const cut = isCut && element('p', { class: 'quiet' }, 'Only the beginning is shown.');
  if (text) return element('div', {}, longText('pre', indented(text), 'block'), cut);
  if (base64) return element('div', {}, element('p', { class: 'quiet' }, `Not text${type ? ` (${type})` : ''}; in base64:`), longText('pre', base64, 'block'), cut);
  return element('p', { class: 'quiet' }, 'Empty.');
}
