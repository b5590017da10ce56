/** The list of conversations with its search and filters, and the transcript beside it. */

import { ROW_HEIGHT, conversationRow } from './conversation-row.js';
import { button, element, fill } from './element.js';
import { PARAMETERS, conditionsIn, filterForm } from './filters.js';
import { count } from './format.js';
import { icon } from './icon.js';
import { address, go, replace, route } from './router.js';
import { get } from './service.js';
import { Split } from './split.js';
import { TranscriptView } from './transcript.js';
import { atMostEvery } from './stream.js';
import { WindowList } from './window-list.js';

const PAGE_SIZE = 100;
const TYPING_MS = 180;
const REFRESH_MS = 1000;

export class ConversationsView {
  constructor() {
    /** The query that the list shows. */
    this.asked = '';
    /** Whether something was stored while another view was shown. */
    this.isBehind = false;
    this.transcript = new TranscriptView();
    this.search = /** @type {HTMLInputElement} */ (element('input', {
      type: 'search', id: 'search', 'aria-label': 'Search conversations', placeholder: 'Search names, ids, messages',
      autocomplete: 'off', spellcheck: 'false', on: { input: () => this.#changeSoon() },
    }));
    this.filters = filterForm((conditions) => this.#changeSoon(conditions));
    this.filterCount = element('span', { class: 'filter-count', 'aria-hidden': 'true', hidden: true });
    this.filterButton = button('Filters', () => this.#toggleFilters(), { 'aria-expanded': 'false', 'aria-controls': 'filters', 'aria-label': 'Filters' });
    this.filterButton.prepend(icon('filter'));
    this.filterButton.append(this.filterCount);
    this.agent = /** @type {HTMLSelectElement} */ (element('select', { id: 'agent', on: { change: () => this.#chooseAgent() } }));
    this.agents = element('div', { class: 'agents', hidden: true }, element('label', { for: 'agent' }, 'Agent'), this.agent);
    this.status = element('p', { role: 'status', class: 'status' }, 'Loading');
    this.problem = element('p', { class: 'problem', role: 'alert', hidden: true });
    this.news = button('', () => this.list.toTop(), { class: 'news', hidden: true });
    this.empty = element('div', { class: 'list-empty', hidden: true });
    this.list = new WindowList({
      label: 'Conversations',
      rowHeight: ROW_HEIGHT,
      pageSize: PAGE_SIZE,
      load: (page, signal) => this.#load(page, signal),
      key: (row) => String(row.id),
      render: (row) => conversationRow(row, route().query),
      onCount: (found) => this.#showCount(found),
      onProblem: (problem) => this.#showProblem(problem),
      onNews: (news) => {
        this.news.hidden = news === 0;
        this.news.textContent = `${count(news, 'new conversation')} above`;
      },
    });
    const listPane = element('section', { class: 'pane list-pane', 'aria-label': 'Conversations and filters' },
      element('div', { class: 'toolbar' },
        element('div', { class: 'search' }, icon('search'), this.search), this.filterButton),
      this.filters.form, this.agents,
      element('div', { class: 'list-head' }, this.status, this.news),
      this.problem, this.empty, this.list.scroller);
    this.split = new Split(this.list, listPane, this.transcript.element, 'split-conversations');
    this.element = this.split.element;
    this.refresh = atMostEvery(async () => {
      if (!this.element.hidden && !document.hidden) await this.list.refresh();
    }, REFRESH_MS);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.refresh(); });
  }

  /** @param {import('./router.js').Route} to */
  show(to) {
    this.search.value = document.activeElement === this.search ? this.search.value : to.query.get('search') ?? '';
    this.filters.show(to.query);
    const conditions = conditionsIn(to.query);
    this.filterCount.hidden = conditions === 0;
    this.filterCount.textContent = String(conditions);
    const query = String(to.query);
    const isFirst = this.asked === '' && this.list.count === 0;
    if (query !== this.asked || isFirst) {
      this.asked = query;
      this.list.restart();
    }
    this.transcript.open(to.id, to.query);
    this.split.show(to.id);
    if (this.isBehind) this.onStored();
  }

  /** Something was stored. */
  onStored() {
    this.isBehind = Boolean(this.element.hidden);
    if (this.isBehind) return;
    this.refresh();
    this.transcript.onStored();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key meant something here */
  onKey(event) {
    if (event.key === '/') this.search.focus();
    else if (event.key === 'j') this.list.move(1);
    else if (event.key === 'k') this.list.move(-1);
    else if (event.key === 'Escape' && route().id !== null) this.#close();
    else return false;
    return true;
  }

  /** @param {number} page @param {AbortSignal} signal */
  async #load(page, signal) {
    const query = new URLSearchParams(route().query);
    query.set('full', 'false');
    query.set('page', String(page + 1));
    query.set('page_size', String(PAGE_SIZE));
    const found = await get('inspector/conversations', { signal, query });
    this.#showAgents(found.agents ?? [], query.get('agent'));
    return { count: found.count, rows: found.results };
  }

  /** @param {URLSearchParams} [conditions] */
  #changeSoon(conditions) {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      // Whoever has gone elsewhere meanwhile is not brought back.
      if (this.element.hidden) return;
      const { id, query } = route();
      if (conditions) {
        for (const name of [...PARAMETERS]) query.delete(name);
        for (const [name, value] of conditions) query.set(name, value);
      }
      const search = this.search.value.trim();
      if (search === '') query.delete('search');
      else query.set('search', search);
      replace(address('conversations', id, query));
    }, TYPING_MS);
  }

  #chooseAgent() {
    const { id, query } = route();
    query.set('agent', this.agent.value);
    replace(address('conversations', id, query));
  }

  #close() {
    go(address('conversations', null, route().query));
  }

  #toggleFilters() {
    const { form } = this.filters;
    form.hidden = !form.hidden;
    this.filterButton.setAttribute('aria-expanded', String(!form.hidden));
    if (!form.hidden) form.querySelector('select')?.focus();
  }

  /** @param {number[]} agents @param {string | null} asked */
  #showAgents(agents, asked) {
    this.agents.hidden = agents.length < 2;
    if (agents.length < 2) return;
    const known = [...this.agent.options].map((option) => option.value).join();
    if (known !== agents.join()) fill(this.agent, agents.map((agent) => element('option', { value: agent }, `Agent ${agent}`)));
    this.agent.value = asked ?? String(agents[0]);
  }

  /** @param {number} found */
  #showCount(found) {
    const words = count(found, 'conversation');
    if (this.status.textContent !== words) this.status.textContent = words;
    const { query } = route();
    const isNarrowed = query.has('search') || conditionsIn(query) > 0;
    this.empty.hidden = found > 0;
    this.list.scroller.hidden = found === 0;
    const isNew = found === 0 && !isNarrowed;
    this.transcript.welcome(isNew);
    if (found > 0) return;
    if (isNarrowed) {
      fill(this.empty, element('p', {}, 'No conversation meets these conditions.'), button('Show all', () => go(address('conversations'))));
    } else {
      fill(this.empty, element('p', {}, 'Nothing has arrived yet. This list fills by itself.'));
    }
  }

  /** @param {string | null} problem */
  #showProblem(problem) {
    this.problem.hidden = problem === null;
    if (problem === null) return;
    this.problem.textContent = problem;
    if (this.list.count === 0) this.status.textContent = '';
  }
}

