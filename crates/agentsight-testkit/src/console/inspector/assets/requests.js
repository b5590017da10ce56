/** The requests as they came, the newest first. */

import { badge } from './badge.js';
import { button, element, fill, userText } from './element.js';
import { count, duration, timeWithSeconds } from './format.js';
import { RequestDetail, statusKind } from './request-detail.js';
import { address, go, route } from './router.js';
import { get } from './service.js';
import { Split } from './split.js';
import { atMostEvery } from './stream.js';
import { WindowList } from './window-list.js';

const PAGE_SIZE = 100;
const ROW_HEIGHT = 58;
const REFRESH_MS = 600;

export class RequestsView {
  constructor() {
    /** The newest request when the list was last looked at: the list counts down from it. */
    this.last = 0;
    this.first = 0;
    this.isShown = false;
    this.detail = new RequestDetail();
    this.status = element('p', { role: 'status', class: 'status' }, 'Loading');
    this.problem = element('p', { class: 'problem', role: 'alert', hidden: true });
    this.forgotten = element('p', { class: 'quiet note', hidden: true });
    this.empty = element('div', { class: 'list-empty', hidden: true });
    this.news = button('', () => this.list.toTop(), { class: 'news', hidden: true });
    this.list = new WindowList({
      label: 'Requests',
      rowHeight: ROW_HEIGHT,
      pageSize: PAGE_SIZE,
      load: (page, signal) => this.#load(page, signal),
      key: (row) => String(row.number),
      render: requestRow,
      onCount: (found) => this.#showCount(found),
      onProblem: (problem) => {
        this.problem.hidden = problem === null;
        this.problem.textContent = problem ?? '';
      },
      onNews: (news) => {
        this.news.hidden = news === 0;
        this.news.textContent = `${count(news, 'new request')} above`;
      },
    });
    const listPane = element('section', { class: 'pane list-pane', 'aria-label': 'Recorded requests' },
      element('div', { class: 'list-head' }, this.status, this.news), this.forgotten, this.problem, this.empty, this.list.scroller);
    this.split = new Split(this.list, listPane, this.detail.element, 'split-requests');
    this.element = this.split.element;
    this.refresh = atMostEvery(async () => {
      if (!this.element.hidden && !document.hidden) await this.list.refresh();
    }, REFRESH_MS);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.refresh(); });
  }

  /** @param {import('./router.js').Route} to */
  show(to) {
    if (!this.isShown) {
      this.isShown = true;
      this.list.restart();
    } else {
      this.refresh();
    }
    this.detail.open(to.id);
    this.split.show(to.id);
  }

  onRequests() {
    this.refresh();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === 'j') this.list.move(1);
    else if (event.key === 'k') this.list.move(-1);
    else if (event.key === 'Escape' && route().id !== null) go(address('requests'));
    else return false;
    return true;
  }

  /** @param {number} page @param {AbortSignal} signal */
  async #load(page, signal) {
    const ask = (/** @type {Record<string, string>} */ query) => get('requests', { signal, query: new URLSearchParams({ bodies: 'false', ...query }) });
    if (page === 0) {
      const [newest, oldest] = await Promise.all([
        ask({ newest: 'true', limit: String(PAGE_SIZE) }),
        ask({ after: '0', limit: '1' }),
      ]);
      this.#showForgotten(newest.forgotten);
      const rows = newestFirst(newest.requests);
      this.last = rows[0]?.number ?? 0;
      this.first = oldest.requests[0]?.number ?? this.last;
      return { count: this.#kept(), rows };
    }
    const before = this.last - page * PAGE_SIZE + 1;
    const after = Math.max(before - PAGE_SIZE - 1, 0);
    const { requests } = await ask({ after: String(after), before: String(before), limit: String(PAGE_SIZE) });
    return { count: this.#kept(), rows: newestFirst(requests) };
  }

  /** How many there are: their numbers have no gap. */
  #kept() {
    return this.last === 0 ? 0 : this.last - this.first + 1;
  }

  /** @param {number} found */
  #showCount(found) {
    const words = count(found, 'request');
    if (this.status.textContent !== words) this.status.textContent = words;
    this.empty.hidden = found > 0;
    this.list.scroller.hidden = found === 0;
    if (found === 0) fill(this.empty, element('p', {}, 'No request has arrived yet. Every call of a client shows up here, with its answer.'));
  }

  /** @param {number} forgotten */
  #showForgotten(forgotten) {
    this.forgotten.hidden = forgotten === 0;
    this.forgotten.textContent = `${count(forgotten, 'older request')} no longer kept.`;
  }
}

/** @param {any[]} requests */
const newestFirst = (requests) => [...requests].sort((one, other) => other.number - one.number);

/** @param {any} request */
function requestRow(request) {
  const query = new URLSearchParams(request.query ?? []);
  return element('a', { class: 'row row-request', href: address('requests', request.number), 'data-request': request.number },
    element('span', { class: 'row-top' },
      element('span', { class: 'method', 'data-method': request.method }, request.method),
      element('span', { class: 'path' }, userText('span', request.path), [...query].length > 0 && userText('span', `?${decodeURIComponent(String(query).replaceAll('+', ' '))}`, 'quiet')),
      element('span', { class: `badge badge-${statusKind(request.status)}` }, request.status ?? 'no answer')),
    element('span', { class: 'row-bottom' },
      element('span', { class: 'row-counts' }, `#${request.number} · ${timeWithSeconds(request.at)} · ${request.duration_ms === null ? 'never answered' : duration(request.duration_ms)}`),
      request.fault && badge('marked', request.fault, 'warning')));
}
