/** The address after `#` says what is shown: `#/conversations/12?device=mobile`. */

/** @typedef {{view: string, id: string | null, query: URLSearchParams}} Route */

const VIEWS = ['conversations', 'overview', 'requests', 'audit'];

/** Where the page is now. @returns {Route} */
export function route() {
  const [path, query = ''] = location.hash.slice(1).split('?', 2);
  const [, view, id] = path.split('/');
  const known = VIEWS.includes(view);
  return { view: known ? view : 'conversations', id: (known && id) || null, query: new URLSearchParams(query) };
}

/**
 * The address of a place.
 * @param {string} view
 * @param {string | number | null} [id]
 * @param {URLSearchParams} [query]
 */
export function address(view, id, query) {
  const mark = query && [...query].length > 0 ? `?${query}` : '';
  return `#/${view}${id === null || id === undefined ? '' : `/${id}`}${mark}`;
}

/** Goes there; back returns. @param {string} to */
export function go(to) {
  if (location.hash === to) return;
  location.hash = to;
}

/** Goes there without a trace in the history. @param {string} to */
export function replace(to) {
  history.replaceState(null, '', to);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Calls back now and whenever the address changes. @param {(route: Route) => void} show */
export function follow(show) {
  addEventListener('hashchange', () => show(route()));
  show(route());
}
