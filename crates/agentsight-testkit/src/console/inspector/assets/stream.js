/** Hears from the server when something has happened. */

/** @typedef {{revision: number, stored: number, requests: number, conversations: number}} Change */

const RETRY_MS = 2000;
/** How many times as long as a look took there is none. */
const SHARE = 6;

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
 * Runs at most once in a while: at once when nothing ran lately, else when the while is over. What takes long runs more
 * rarely, so that looking on does not keep the server from its work.
 * @param {() => Promise<void> | void} run
 * @param {number} pause in milliseconds
 */
export function atMostEvery(run, pause) {
  let next = 0;
  let isBusy = false;
  let isAsked = false;
  const later = () => {
    if (isAsked) return;
    isAsked = true;
    if (!isBusy) setTimeout(begin, Math.max(0, next - performance.now()));
  };
  const begin = async () => {
    const began = performance.now();
    isAsked = false;
    isBusy = true;
    try {
      await run();
    } finally {
      isBusy = false;
      const ended = performance.now();
      next = ended + Math.max(pause, SHARE * (ended - began));
      if (isAsked) setTimeout(begin, next - ended);
    }
  };
  return later;
}
