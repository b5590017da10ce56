/** What happened in the last days. */

import { bar, card, dayChart, nameChart } from './chart.js';
import { button, element, fill } from './element.js';
import { feedbackBox } from './feedback.js';
import { count, day, duration, moment, number, shortNumber } from './format.js';
import { get, isAbort } from './service.js';
import { atMostEvery } from './stream.js';
import { welcome } from './welcome.js';

const RANGES = [7, 30, 90, 365];
const REFRESH_MS = 2000;

export class OverviewView {
  constructor() {
    this.days = 30;
    this.text = '';
    this.ranges = RANGES.map((days) => button(`${days} days`, () => this.#choose(days), { class: 'button button-small', 'aria-pressed': String(days === this.days), 'data-days': days }));
    this.period = element('p', { class: 'quiet', role: 'status' }, 'Loading');
    this.body = element('div', { class: 'overview-body' });
    this.element = element('section', { class: 'page', 'aria-label': 'Overview', tabindex: 0 }, element('div', { class: 'page-inner' },
      element('header', { class: 'page-head' }, element('div', {}, element('h1', {}, 'Overview'), this.period),
        element('div', { class: 'ranges', role: 'group', 'aria-label': 'Days' }, this.ranges)),
      this.body));
    this.refresh = atMostEvery(() => this.#load(), REFRESH_MS);
  }

  show() {
    this.#load();
  }

  onStored() {
    if (!this.element.hidden && !document.hidden) this.refresh();
  }

  /** @param {number} days */
  #choose(days) {
    this.days = days;
    for (const one of this.ranges) one.setAttribute('aria-pressed', String(one.dataset.days === String(days)));
    this.#load();
  }

  async #load() {
    this.controller?.abort();
    this.controller = new AbortController();
    try {
      const query = new URLSearchParams({ days: String(this.days) });
      const overview = await get('inspector/overview', { signal: this.controller.signal, query });
      const text = JSON.stringify(overview);
      // Folds and the place that is read stay as they are while nothing has changed.
      if (text !== this.text) this.#draw(overview);
      this.text = text;
    } catch (error) {
      if (isAbort(error)) return;
      this.text = '';
      fill(this.body, element('p', { class: 'problem', role: 'alert' }, /** @type {Error} */ (error).message));
    }
  }

  /** @param {any} overview */
  #draw(overview) {
    const { days, tokens, tools, feedbacks, sentiments, response_time: waits } = overview;
    this.period.textContent = `${day(`${overview.first}T12:00:00`)} to ${day(`${overview.last}T12:00:00`)}, by UTC days`;
    const sum = (/** @type {string} */ key) => days.reduce((/** @type {number} */ all, /** @type {any} */ one) => all + one[key], 0);
    const [people, agents] = [sum('end_user'), sum('agent')];
    const calls = tools.reduce((/** @type {number} */ all, /** @type {any} */ tool) => all + tool.count, 0);
    const given = sentiments.reduce((/** @type {number} */ all, /** @type {any} */ one) => all + one.count, 0);
    if (people + agents + calls + given + overview.conversations === 0) {
      fill(this.body, welcome());
      return;
    }
    const errors = tools.reduce((/** @type {number} */ all, /** @type {any} */ tool) => all + tool.errors, 0);
    const positive = sentiments.find((/** @type {any} */ one) => one.name === 'positive')?.count ?? 0;
    const was = this.element.scrollTop;
    const unfolded = [...this.body.querySelectorAll('details[open]')].map(titleOf);
    fill(this.body,
      element('dl', { class: 'tiles' },
        tile('Conversations', number(overview.conversations), overview.deleted > 0 ? `${number(overview.deleted)} deleted` : 'begun in this time'),
        tile('Messages', number(people + agents), `${number(people)} by people, ${number(agents)} by agents`),
        tile('Average response time', duration(waits.mean_ms), waits.count > 0 ? `half within ${duration(waits.median_ms)}` : 'no answer yet'),
        tile('Actions', number(calls), errors > 0 ? `${number(errors)} failed` : 'none failed', errors > 0 ? 'bad' : ''),
        tile('Tokens', shortNumber(tokens.total_tokens), `${shortNumber(tokens.prompt_tokens)} prompt, ${shortNumber(tokens.completion_tokens)} completion`),
        tile('Positive feedback', given > 0 ? `${Math.round((positive / given) * 100)}%` : '–', given > 0 ? `of ${count(given, 'feedback')}` : 'no feedback yet')),
      element('div', { class: 'cards' },
        wide(dayChart('Messages a day', days, [{ name: 'people', key: 'end_user', kind: 'person' }, { name: 'agents', key: 'agent', kind: 'accent' }, { name: 'actions', key: 'actions', kind: 'warm' }])),
        dayChart('Conversations a day', days, [{ name: 'conversations', key: 'conversations', kind: 'accent' }]),
        dayChart('Tokens a day', days, [{ name: 'tokens', key: 'tokens', kind: 'accent' }]),
        wide(toolTable(tools)),
        nameChart('Feedback', sentiments, (name) => ({ positive: 'good', negative: 'bad' })[name] ?? 'person'),
        nameChart('What feedback is about', subjects(feedbacks)),
        agentFeedbacks(overview.agent_feedbacks),
        nameChart('Devices', overview.devices),
        nameChart('Languages', overview.languages),
        nameChart('Environments', overview.environments)));
    for (const fold of this.body.querySelectorAll('details')) if (unfolded.includes(titleOf(fold))) fold.open = true;
    this.element.scrollTop = was;
  }
}

/** What the card is called that an element is in. @param {Element} inside */
const titleOf = (inside) => inside.closest('.card')?.querySelector('h2')?.textContent ?? '';

/** @param {string} name @param {string} value @param {string} more @param {string} [kind] */
function tile(name, value, more, kind = '') {
  return element('div', { class: `tile ${kind}` }, element('dt', {}, name), element('dd', {}, value), element('dd', { class: 'tile-more' }, more));
}

/** @param {HTMLElement} made */
function wide(made) {
  made.classList.add('card-wide');
  return made;
}

/** @param {Record<string, number>} feedbacks */
function subjects(feedbacks) {
  return Object.entries(feedbacks).filter(([, given]) => given > 0).map(([name, given]) => ({ name, count: given }));
}

/** What people said of an agent as a whole, the newest first; no transcript shows it. @param {any[]} feedbacks */
function agentFeedbacks(feedbacks) {
  return feedbacks.length > 0 && card('Feedback on agents', null, element('ul', { class: 'feedbacks' }, feedbacks.map((feedback) =>
    element('li', {}, feedbackBox(feedback, element('p', {}, `Agent ${feedback.agent}`, feedback.environment && [' in ', feedback.environment].join(''),
      ' · ', element('time', { datetime: feedback.created_at, title: feedback.created_at }, moment(feedback.created_at))))))));
}

/** @param {any[]} tools */
function toolTable(tools) {
  if (tools.length === 0) return card('Tools', null, element('p', { class: 'chart-none' }, 'No action in this time.'));
  const most = Math.max(...tools.map((tool) => tool.count));
  const slowest = Math.max(...tools.map((tool) => tool.mean_ms ?? 0), 1);
  return card('Tools', null, element('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'Tools' },
    element('table', { class: 'tools' },
      element('thead', {}, element('tr', {}, ['Tool', 'Calls', '', 'Average duration', '', 'Failed'].map((head) => element(head ? 'th' : 'td', head ? { scope: 'col' } : {}, head)))),
      element('tbody', {}, tools.map((tool) => element('tr', {},
        element('th', { scope: 'row', dir: 'auto' }, tool.name),
        element('td', {}, number(tool.count)), element('td', { class: 'bar-cell' }, bar(tool.count / most, 'accent')),
        element('td', {}, duration(tool.mean_ms)), element('td', { class: 'bar-cell' }, bar((tool.mean_ms ?? 0) / slowest, 'warm')),
        element('td', { class: tool.errors > 0 ? 'bad' : 'quiet' }, number(tool.errors))))))));
}
