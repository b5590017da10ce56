/** The page: one view at a time, chosen by the address, kept up to date by the stream. */

import { AuditView } from './audit.js';
import { ConversationsView } from './conversations.js';
import { OverviewView } from './overview.js';
import { RequestsView } from './requests.js';
import { follow } from './router.js';
import { listen } from './stream.js';

/** @type {Record<string, string>} */
const TITLES = { conversations: 'Conversations', overview: 'Overview', requests: 'Requests', audit: 'Audit' };

/**
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(route: import('./router.js').Route) => void} show
 * @property {() => void} [onStored] what is stored may have changed
 * @property {() => void} [onRequests] a request was recorded
 * @property {(event: KeyboardEvent) => boolean} [onKey] whether the key meant something
 */

/** @type {Record<string, View>} */
const views = {
  conversations: new ConversationsView(),
  overview: new OverviewView(),
  requests: new RequestsView(),
  audit: new AuditView(),
};

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
main.append(...Object.values(views).map((view) => view.element));
/** @type {string | null} */
let shown = null;

follow((route) => {
  const name = route.view;
  if (shown !== name) {
    shown = name;
    for (const [other, view] of Object.entries(views)) view.element.hidden = other !== name;
    main.dataset.view = name;
    document.title = `${TITLES[name]} · AgentSight inspector`;
    for (const link of document.querySelectorAll('nav a')) {
      if (link instanceof HTMLElement && link.dataset.view === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }
  views[name].show(route);
});

/** @type {import('./stream.js').Change | null} */
let known = null;

listen((change) => {
  if (!known || change.revision !== known.revision) {
    const isStored = change.stored !== known?.stored;
    for (const view of Object.values(views)) {
      if (isStored) view.onStored?.();
      view.onRequests?.();
    }
  }
  known = change;
}, (state) => {
  const live = /** @type {HTMLElement} */ (document.getElementById('live'));
  const words = /** @type {HTMLElement} */ (document.getElementById('live-text'));
  live.dataset.state = state;
  words.textContent = state === 'live' ? 'Live' : 'Reconnecting';
});

document.getElementById('skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || shown === null) return;
  const target = event.target;
  const isTyping = target instanceof HTMLElement && target.matches('input:not([type=checkbox]), select, textarea');
  if (isTyping) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  if (views[shown].onKey?.(event)) event.preventDefault();
});
