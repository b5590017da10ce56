/** A conversation as it was: who said what and when, what the agent did, and what is known about it. */

import { badges } from './badge.js';
import { button, element, fill, userText } from './element.js';
import { feedbackBox } from './feedback.js';
import { count, day, duration, number } from './format.js';
import { icon } from './icon.js';
import { indented } from './json-text.js';
import { isFilled, jsonTree } from './json-tree.js';
import { longText } from './long-text.js';
import { messageItem } from './message.js';
import { address } from './router.js';
import { checkNumber, getText, isAbort } from './service.js';
import { atMostEvery } from './stream.js';
import { welcome } from './welcome.js';

/** Messages that are drawn at once; the next ones follow when the end comes near. */
const FIRST = 300;
const REFRESH_MS = 700;

export class TranscriptView {
  constructor() {
    /** @type {string | null} */
    this.id = null;
    this.isNew = false;
    this.isRaw = false;
    /** @type {any} */
    this.conversation = null;
    this.text = '';
    this.limit = FIRST;
    /** @type {Map<number, {text: string, node: HTMLElement}>} */
    this.items = new Map();
    this.body = element('div', { class: 'detail-body' });
    this.element = element('section', { class: 'pane detail-pane', 'aria-label': 'Conversation', tabindex: 0 }, this.body);
    this.messages = element('ol', { class: 'messages' });
    this.end = element('div', { class: 'end', 'aria-hidden': 'true' });
    const observer = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting) && this.limit < (this.conversation?.messages?.length ?? 0)) {
        this.limit += FIRST;
        this.#drawMessages();
        // It tells of changes only: an end that is in view again before it looks would be none.
        observer.unobserve(this.end);
        observer.observe(this.end);
      }
    }, { root: this.element, rootMargin: '800px' });
    observer.observe(this.end);
    this.refresh = atMostEvery(() => this.#load(), REFRESH_MS);
    this.#drawNone();
  }

  /** Shows a conversation, or none. @param {string | null} id @param {URLSearchParams} query */
  open(id, query) {
    this.query = query;
    if (id === this.id) return;
    this.id = id;
    this.controller?.abort();
    this.conversation = null;
    this.text = '';
    this.limit = FIRST;
    this.isRaw = false;
    this.items.clear();
    if (id === null) this.#drawNone();
    else {
      fill(this.body, this.#back());
      this.#load();
    }
  }

  /** Something was stored; perhaps here. */
  onStored() {
    if (this.id !== null && !this.element.hidden && !document.hidden) this.refresh();
  }

  /** Whether there is nothing to open yet. @param {boolean} isNew */
  welcome(isNew) {
    if (isNew === this.isNew) return;
    this.isNew = isNew;
    if (this.id === null) this.#drawNone();
  }

  async #load() {
    const { id } = this;
    if (id === null) return;
    this.controller?.abort();
    this.controller = new AbortController();
    try {
      checkNumber(id);
      const { text, body } = await getText(`inspector/conversations/${id}`, { signal: this.controller.signal });
      if (id === this.id) this.#draw(body, text);
    } catch (error) {
      if (isAbort(error) || id !== this.id) return;
      this.text = '';
      fill(this.body, this.#back(), element('div', { class: 'empty' }, element('p', {}, /** @type {Error} */ (error).message)));
    }
  }

  /** @param {any} conversation @param {string} text as it was answered */
  #draw(conversation, text) {
    if (text === this.text) return;
    const isFirst = this.text === '';
    const pane = this.element;
    const isAtEnd = !isFirst && pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
    const wasOpen = new Set([...this.body.querySelectorAll('.about details[open] > summary')].map((one) => one.textContent));
    this.text = text;
    this.conversation = conversation;
    const head = this.#head(conversation);
    for (const fold of head.querySelectorAll('.about details')) {
      if (wasOpen.has(fold.querySelector('summary')?.textContent ?? '')) fold.setAttribute('open', '');
    }
    if (isFirst) {
      this.messages.replaceChildren();
      this.raw = element('div', { class: 'raw', hidden: !this.isRaw });
      fill(this.body, head, this.raw, element('article', { 'aria-label': 'Transcript', class: 'transcript' }, this.messages, this.end));
      pane.scrollTop = 0;
    } else {
      this.body.querySelector('.detail-head')?.replaceWith(head);
    }
    if (this.isRaw) this.#drawRaw();
    this.#drawMessages();
    if (isAtEnd) pane.scrollTop = pane.scrollHeight;
  }

  /** Draws what is new or has changed; the rest stays as it is, folds and all. */
  #drawMessages() {
    const messages = (this.conversation?.messages ?? []).slice(0, this.limit);
    const wanted = new Set(messages.map((/** @type {any} */ message) => message.id));
    for (const [id, { node }] of this.items) {
      if (!wanted.has(id)) {
        node.remove();
        this.items.delete(id);
      }
    }
    for (const old of this.messages.querySelectorAll('.day')) old.remove();
    let today = '';
    /** @type {HTMLElement | null} */
    let before = null;
    for (const message of messages) {
      const text = JSON.stringify(message);
      let item = this.items.get(message.id);
      if (!item || item.text !== text) {
        const node = messageItem(message);
        item?.node.replaceWith(node);
        item = { text, node };
        this.items.set(message.id, item);
      }
      /** @type {ChildNode | null} */
      const next = before ? before.nextSibling : this.messages.firstChild;
      if (next !== item.node) this.messages.insertBefore(item.node, next);
      if (day(message.timestamp) !== today) {
        today = day(message.timestamp);
        this.messages.insertBefore(element('li', { class: 'day' }, element('span', {}, today)), item.node);
      }
      before = item.node;
    }
    if (messages.length === 0) fill(this.messages, element('li', { class: 'day' }, element('span', {}, 'No messages yet')));
  }

  /** @param {any} conversation */
  #head(conversation) {
    const { name, conversation_id: text } = conversation;
    const raw = button('Raw JSON', () => this.#toggleRaw(raw), { 'aria-expanded': String(this.isRaw) });
    raw.prepend(icon('code'));
    const facts = [
      ['Customer', conversation.customer_id],
      ['Address', conversation.customer_ip_address],
      ['Started', conversation.started_at && new Date(conversation.started_at).toLocaleString()],
      ['Lasted', conversation.ended_at && duration(Date.parse(conversation.ended_at) - Date.parse(conversation.started_at))],
      ['Messages', number((conversation.messages ?? []).length)],
      ['Tokens', tokens(conversation)],
      ['Number', conversation.id],
    ].filter(([, value]) => value);
    return element('header', { class: 'detail-head' },
      element('div', { class: 'detail-top' }, this.#back(), element('h1', { dir: 'auto' }, name || text), raw),
      name && userText('p', text, 'detail-id'),
      element('p', { class: 'badges' }, badges(conversation)),
      element('dl', { class: 'strip' }, facts.map(([label, value]) =>
        element('div', {}, element('dt', {}, label), userText('dd', value)))),
      element('div', { class: 'about' },
        isFilled(conversation.metadata) && jsonTree('Metadata', conversation.metadata),
        isFilled(conversation.token_usage) && jsonTree('Token usage', conversation.token_usage),
        (conversation.feedbacks ?? []).map((/** @type {any} */ feedback) => feedbackBox(feedback))));
  }

  #back() {
    return element('a', { class: 'back', href: address('conversations', null, this.query) }, icon('back'), 'All conversations');
  }

  /** @param {HTMLElement} press */
  #toggleRaw(press) {
    this.isRaw = !this.isRaw;
    press.setAttribute('aria-expanded', String(this.isRaw));
    if (this.raw) this.raw.hidden = !this.isRaw;
    if (this.isRaw) this.#drawRaw();
  }

  #drawRaw() {
    if (!this.raw) return;
    const text = indented(this.text);
    const copy = button('Copy', () => navigator.clipboard.writeText(text).then(() => { copy.textContent = 'Copied'; }), { class: 'button button-small' });
    fill(this.raw, element('div', { class: 'raw-top' }, element('span', {}, 'GET /api/conversations/', String(this.id), '/'), copy), longText('pre', text, 'block'));
  }

  #drawNone() {
    if (this.isNew) fill(this.body, welcome());
    else fill(this.body, element('div', { class: 'empty' }, element('p', {}, 'Choose a conversation to read it.'),
      element('p', { class: 'quiet' }, element('kbd', {}, 'j'), ' ', element('kbd', {}, 'k'), ' to move, ', element('kbd', {}, 'Enter'), ' to open, ', element('kbd', {}, '/'), ' to search')));
  }
}

/** What the `token_usage` actions add up to. @param {any} conversation */
function tokens(conversation) {
  const logs = (conversation.messages ?? []).filter((/** @type {any} */ message) => message.action_name === 'token_usage')
    .flatMap((/** @type {any} */ message) => message.action_logs ?? []);
  const sum = logs.reduce((/** @type {number} */ total, /** @type {any} */ log) => total + (Number(log.metadata?.total_tokens) || 0), 0);
  return sum > 0 ? count(sum, 'token').replace(/ tokens?$/, '') : null;
}
