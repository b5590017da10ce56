/** How numbers, times and sizes are written. */

const NUMBER = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const SECONDS = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const SHORT_DAY = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });

/** `12,345`. @param {number} value */
export const number = (value) => NUMBER.format(value);

/** `12.3K`. @param {number} value */
export const shortNumber = (value) => SHORT.format(value);

/** `1 message`, `2 messages`. @param {number} value @param {string} one @param {string} [many] */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** `340 B`, `1.2 MB`. @param {number} value */
export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `85 ms`, `1.2 s`, `3 min`. @param {number | null | undefined} milliseconds */
export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return '–';
  if (milliseconds < 1) return milliseconds === 0 ? '0 ms' : '<1 ms';
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** The time of day. @param {string} time */
export const timeOfDay = (time) => valid(time, (date) => TIME.format(date));

/** The time of day with seconds. @param {string} time */
export const timeWithSeconds = (time) => valid(time, (date) => SECONDS.format(date));

/** The day in words. @param {string} time */
export const day = (time) => valid(time, (date) => DAY.format(date));

/** `17 Aug`, for a date without a time. @param {string} date */
export const shortDay = (date) => valid(`${date}T12:00:00`, (day) => SHORT_DAY.format(day));

/** Today the time, else the day. @param {string} time */
export function moment(time) {
  return valid(time, (date) => {
    const now = new Date();
    if (date.toDateString() === now.toDateString()) return TIME.format(date);
    if (date.getFullYear() === now.getFullYear()) return SHORT_DAY.format(date);
    return new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' }).format(date);
  });
}

/** @param {string} time @param {(date: Date) => string} write */
function valid(time, write) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time ?? '') : write(date);
}
