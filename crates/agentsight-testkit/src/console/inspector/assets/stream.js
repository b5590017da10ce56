/** Hears from the server when something has happened. */

/** @typedef {{revision: number, stored: number, requests: number, conversations: number}} Change */

const RETRY_MS = 2000;

/**
 * Listens as long as the page is open.
 * @param {(change: Change) => void} onChange
 * @param {(state: 'live' | 'waiting') => void} onState
 */
export function listen(onChange, onState) {
  const source = new EventSource('/__testkit/inspector/stream');
  source.addEventListener('open', () => onState('live'));
  source.addEventListener('change', (event) => onChange(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  source.addEventListener('error', () => {
    onState('waiting');
    // The browser tries again by itself, unless the server said that there is nothing to hear.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(onChange, onState), RETRY_MS);
  });
}

/**
 * Runs at most once in a while: at once when nothing ran lately, else when the while is over.
 * @param {() => void} run
 * @param {number} pause in milliseconds
 */
export function atMostEvery(run, pause) {
  let last = -Infinity;
  let timer = 0;
  return () => {
    if (timer) return;
    const wait = Math.max(0, last + pause - performance.now());
    timer = setTimeout(() => {
      timer = 0;
      last = performance.now();
      run();
    }, wait);
  };
}
