/** A list of any length of which only what is in sight exists: rows of one height, fetched a page at a time. */

import { element, fill } from './element.js';
import { Problem, isAbort } from './service.js';

/**
 * @template Row
 * @typedef {object} Source
 * @property {string} label the list's accessible name
 * @property {number} rowHeight in pixels
 * @property {number} pageSize rows a fetch
 * @property {(page: number, signal: AbortSignal) => Promise<{count: number, rows: Row[]}>} load pages count from 0
 * @property {(row: Row) => string} key what tells a row from another
 * @property {(row: Row) => HTMLElement} render holds the one link of the row
 * @property {(count: number) => void} onCount
 * @property {(error: string | null) => void} onProblem
 * @property {(news: number) => void} onNews how many rows came in above since the top was last seen
 */

/** Browsers give up on taller elements; a longer list scrolls faster instead. */
const TALLEST = 10_000_000;
const OVERSCAN = 6;
const KEPT = 4000;
const SETTLE_MS = 70;

/** @template Row */
export class WindowList {
  /** @param {Source<Row>} source */
  constructor(source) {
    this.source = source;
    this.count = 0;
    /** @type {AbortController | null} */
    this.refreshing = null;
    this.news = 0;
    this.generation = 0;
    this.active = -1;
    this.selected = '';
    /** @type {Map<number, {row: Row, text: string, generation: number}>} */
    this.rows = new Map();
    /** @type {Map<number, {node: HTMLElement, row: Row | null}>} */
    this.shown = new Map();
    /** @type {Map<number, AbortController>} */
    this.loading = new Map();
    this.list = element('ul', { role: 'list', 'aria-label': source.label, class: 'window-rows' });
    this.scroller = element('div', { class: 'window-list' }, this.list);
    this.scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    this.scroller.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(this.scroller);
  }

  /** Forgets everything and begins at the top: the question has changed. */
  async restart() {
    this.generation += 1;
    this.#abort();
    this.active = -1;
    this.#setNews(0);
    this.scroller.scrollTop = 0;
    this.rows.clear();
    const error = await this.#load(0);
    if (error === null) return;
    this.count = 0;
    this.#draw();
    this.#fail(error);
  }

  /** Looks again. What is in sight stays where it is, whatever comes in above it. */
  async refresh() {
    if (this.count === 0) return this.restart();
    const controller = new AbortController();
    this.refreshing = controller;
    try {
      const { count, rows } = await this.source.load(0, controller.signal);
      // What was asked before is no answer to another question.
      if (controller.signal.aborted) return;
      const first = this.rows.get(0);
      const above = first ? rows.findIndex((row) => this.source.key(row) === this.source.key(first.row)) : -1;
      this.#abort();
      this.generation += 1;
      if (above > 0) this.#moveDown(above);
      this.#take(0, count, rows);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Back to the first row, where news are. */
  toTop() {
    this.scroller.scrollTop = 0;
    this.#setNews(0);
    this.#draw();
  }

  /** Marks the row that is open beside the list. @param {string} key */
  select(key) {
    this.selected = key;
    for (const { node, row } of this.shown.values()) this.#mark(node, row);
  }

  /** Puts the focus on the row before or after. @param {number} step */
  move(step) {
    const from = this.active < 0 ? this.#indexOf(this.selected) : this.active;
    this.focusRow(from < 0 ? this.#firstInSight() : from + step);
  }

  /** Takes the focus back from what was open beside the list. @param {string} key @param {HTMLElement} detail */
  takeFocus(key, detail) {
    const holder = document.activeElement;
    const index = this.#indexOf(key);
    if (index >= 0 && (holder === document.body || holder === null || detail.contains(holder))) this.focusRow(index);
  }

  /** @param {number} index */
  focusRow(index) {
    if (this.count === 0) return;
    this.active = Math.min(Math.max(index, 0), this.count - 1);
    const { rowHeight } = this.source;
    const height = this.scroller.clientHeight;
    const top = this.active * rowHeight;
    const seen = this.#virtualTop();
    if (top < seen) this.#scrollTo(top);
    else if (top + rowHeight > seen + height) this.#scrollTo(top + rowHeight - height);
    this.#draw();
    this.shown.get(this.active)?.node.querySelector('a')?.focus({ preventScroll: true });
  }

  #onScroll() {
    if (this.scroller.scrollTop < this.source.rowHeight / 2) this.#setNews(0);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#draw();
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.source.rowHeight) - 1);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.move(step);
  }

  /** Rows came in at the top: the others move down, and the reader's eye with them. @param {number} by */
  #moveDown(by) {
    const isReading = this.scroller.scrollTop >= this.source.rowHeight / 2 || this.active >= 0;
    this.rows = new Map([...this.rows].map(([index, row]) => [index + by, row]));
    for (const { node } of this.shown.values()) node.remove();
    this.shown.clear();
    this.count += by;
    if (this.active >= 0) this.active += by;
    this.#size();
    if (!isReading) return;
    const hadFocus = this.list.contains(document.activeElement);
    this.#scrollTo(this.#virtualTop() + by * this.source.rowHeight);
    this.#setNews(this.news + by);
    if (hadFocus) this.focusRow(this.active);
  }

  /** The error, unless nobody waits for the page any more. @param {number} page @returns {Promise<unknown>} */
  async #load(page) {
    const controller = new AbortController();
    this.loading.set(page, controller);
    try {
      const { count, rows } = await this.source.load(page, controller.signal);
      if (!controller.signal.aborted) this.#take(page, count, rows);
      return null;
    } catch (error) {
      return controller.signal.aborted ? null : error;
    } finally {
      if (this.loading.get(page) === controller) this.loading.delete(page);
    }
  }

  /** @param {number} page @param {number} count @param {Row[]} rows */
  #take(page, count, rows) {
    const { generation } = this;
    rows.forEach((row, place) => {
      const index = page * this.source.pageSize + place;
      const text = JSON.stringify(row);
      const known = this.rows.get(index);
      this.rows.set(index, { row: known?.text === text ? known.row : row, text, generation });
    });
    this.count = count;
    for (const index of this.rows.keys()) if (index >= count) this.rows.delete(index);
    this.#prune();
    this.source.onProblem(null);
    this.source.onCount(count);
    this.#draw();
  }

  /** @param {unknown} error */
  #fail(error) {
    if (error === null || isAbort(error)) return;
    this.source.onProblem(error instanceof Problem ? error.message : String(error));
  }

  #draw() {
    this.#size();
    const { rowHeight } = this.source;
    const top = this.#virtualTop();
    const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
    const last = Math.min(this.count - 1, Math.ceil((top + this.scroller.clientHeight) / rowHeight) + OVERSCAN);
    for (const [index, { node }] of this.shown) {
      const isGone = index < first || index > last;
      if (isGone && (index !== this.active || index >= this.count)) {
        node.remove();
        this.shown.delete(index);
      }
    }
    const offset = this.scroller.scrollTop - top;
    for (let index = first; index <= last; index += 1) this.#show(index);
    for (const [index, { node }] of this.shown) node.style.transform = `translateY(${index * rowHeight + offset}px)`;
    clearTimeout(this.settled);
    const isInSight = this.rows.has(first) && this.rows.has(Math.max(first, last));
    this.settled = setTimeout(() => this.#fetchAround(first, last), isInSight ? 0 : SETTLE_MS);
  }

  /** @param {number} index */
  #show(index) {
    const row = this.rows.get(index)?.row ?? null;
    let shown = this.shown.get(index);
    if (shown && shown.row === row) return;
    if (!shown) {
      const node = element('li', { class: 'window-row', 'aria-posinset': index + 1 });
      shown = { node, row: null };
      this.shown.set(index, shown);
      const after = [...this.shown.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
      this.list.insertBefore(node, after === undefined ? null : this.shown.get(after)?.node ?? null);
    }
    const hadFocus = shown.node.contains(document.activeElement);
    shown.row = row;
    fill(shown.node, row ? this.source.render(row) : element('span', { class: 'window-pending' }, 'Loading'));
    shown.node.setAttribute('aria-setsize', String(this.count));
    this.#mark(shown.node, row);
    if (hadFocus) shown.node.querySelector('a')?.focus({ preventScroll: true });
    shown.node.querySelector('a')?.addEventListener('focus', () => { this.active = index; });
  }

  /** @param {HTMLElement} node @param {Row | null} row */
  #mark(node, row) {
    const link = node.querySelector('a');
    if (!link || !row) return;
    if (this.source.key(row) === this.selected) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }

  /**
   * Fetches what is in sight and missing or old, and one page ahead; lets go of what is out of sight again.
   * @param {number} first
   * @param {number} last
   */
  #fetchAround(first, last) {
    if (this.count === 0 || this.scroller.clientHeight === 0) return;
    const { pageSize } = this.source;
    const from = Math.floor(first / pageSize);
    const to = Math.floor(Math.max(first, last) / pageSize);
    for (const [page, controller] of this.loading) {
      if (page < from - 1 || page > to + 1) {
        controller.abort();
        this.loading.delete(page);
      }
    }
    const ahead = Math.floor(Math.min(this.count - 1, last + pageSize / 2) / pageSize);
    for (let page = from; page <= Math.max(to, ahead); page += 1) {
      if (!this.loading.has(page) && this.#needs(page, page > to)) this.#load(page).then((error) => this.#fail(error));
    }
  }

  /** @param {number} page @param {boolean} isAhead then old rows are good enough */
  #needs(page, isAhead) {
    const start = page * this.source.pageSize;
    for (let index = start; index < Math.min(start + this.source.pageSize, this.count); index += 1) {
      const known = this.rows.get(index);
      if (!known || (!isAhead && known.generation !== this.generation)) return true;
    }
    return false;
  }

  #prune() {
    if (this.rows.size <= KEPT) return;
    const middle = this.#firstInSight();
    for (const index of this.rows.keys()) if (Math.abs(index - middle) > KEPT / 4) this.rows.delete(index);
  }

  #abort() {
    this.refreshing?.abort();
    for (const controller of this.loading.values()) controller.abort();
    this.loading.clear();
  }

  #size() {
    this.list.style.height = `${Math.min(this.count * this.source.rowHeight, TALLEST)}px`;
  }

  /** Where the list would be scrolled to if it were as tall as its rows. */
  #virtualTop() {
    const { scrollTop, clientHeight } = this.scroller;
    return scrollTop * this.#scale(clientHeight);
  }

  /** @param {number} virtualTop */
  #scrollTo(virtualTop) {
    this.scroller.scrollTop = virtualTop / this.#scale(this.scroller.clientHeight);
  }

  /** @param {number} height */
  #scale(height) {
    const full = this.count * this.source.rowHeight;
    return full <= TALLEST ? 1 : (full - height) / (TALLEST - height);
  }

  /** Where a row is, as far as it is known; else -1. @param {string} key */
  #indexOf(key) {
    const found = [...this.rows].find(([, { row }]) => this.source.key(row) === key);
    return found ? found[0] : -1;
  }

  #firstInSight() {
    return Math.ceil(this.#virtualTop() / this.source.rowHeight);
  }

  /** @param {number} news */
  #setNews(news) {
    if (news === this.news) return;
    this.news = news;
    this.source.onNews(news);
  }
}
