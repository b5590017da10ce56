/** Small charts, drawn as SVG. Each can also be read as a table. */

import { drawing, element } from './element.js';
import { number, shortDay, shortNumber } from './format.js';

/** @typedef {{name: string, key: string, kind: string}} Series */

const HEIGHT = 100;

/**
 * Stacked bars, one a day.
 * @param {string} title
 * @param {any[]} days rows with a `date` and a number for each series
 * @param {Series[]} series
 */
export function dayChart(title, days, series) {
  const sum = (/** @type {any} */ day) => series.reduce((total, { key }) => total + day[key], 0);
  const total = days.reduce((all, day) => all + sum(day), 0);
  const top = ceiling(Math.max(...days.map(sum), 1));
  const gap = days.length > 120 ? 0.1 : 0.24;
  const bars = days.map((day, place) => {
    let y = HEIGHT;
    const parts = series.map(({ key, kind }) => {
      const height = (day[key] / top) * HEIGHT;
      y -= height;
      return height > 0 && drawing('rect', { class: `fill-${kind}`, x: place + gap / 2, y, width: 1 - gap, height });
    });
    const words = `${shortDay(day.date)}: ${series.map(({ name, key }) => `${number(day[key])} ${name}`).join(', ')}`;
    return drawing('g', { class: 'bar-day' }, drawing('rect', { class: 'fill-none', x: place, y: 0, width: 1, height: HEIGHT }), parts, drawing('title', {}, words));
  });
  const lines = [0, 0.5].map((part) => drawing('line', { class: 'grid-line', x1: 0, x2: days.length, y1: part * HEIGHT, y2: part * HEIGHT }));
  return card(title, series.length > 1 && legend(series),
    total === 0
      ? element('p', { class: 'chart-none' }, 'Nothing in this time.')
      : element('div', { class: 'chart' },
        element('div', { class: 'axis', 'aria-hidden': 'true' }, element('span', {}, shortNumber(top)), element('span', {}, shortNumber(top / 2)), element('span', {}, '0')),
        drawing('svg', { class: 'plot', viewBox: `0 0 ${days.length} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${title}: ${number(total)} in ${days.length} days` }, lines, bars),
        element('div', { class: 'axis-days', 'aria-hidden': 'true' }, marks(days).map((date) => element('span', {}, shortDay(date))))),
    total > 0 && asTable(title, ['Day', ...series.map(({ name }) => name)], days.filter(sum).map((day) => [day.date, ...series.map(({ key }) => number(day[key]))])));
}

/**
 * Bars from left to right, one a name.
 * @param {string} title
 * @param {{name: string | null, count: number}[]} rows
 * @param {(name: string) => string} [kind] the colour of a bar
 */
export function nameChart(title, rows, kind = () => 'accent') {
  const most = Math.max(...rows.map((row) => row.count), 1);
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  if (rows.length === 0) return card(title, null, element('p', { class: 'chart-none' }, 'Nothing in this time.'));
  return card(title, null, element('ul', { class: 'name-bars' }, rows.slice(0, 8).map((row) => {
    const words = row.name === null ? 'others' : row.name === '' ? 'not given' : row.name;
    return element('li', {},
      element('span', { class: 'bar-name', dir: 'auto', title: words }, words),
      element('span', { class: 'bar-count' }, number(row.count), element('span', { class: 'quiet' }, ` ${Math.round((row.count / total) * 100)}%`)),
      bar(row.count / most, kind(words)));
  })));
}

/** One bar. @param {number} part from 0 to 1 @param {string} kind */
export function bar(part, kind) {
  return drawing('svg', { class: 'name-bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' },
    drawing('rect', { class: 'fill-track', width: 100, height: 8 }),
    drawing('rect', { class: `fill-${kind}`, width: Math.max(part * 100, 0.8), height: 8 }));
}

/**
 * @param {string} title
 * @param {import('./element.js').Child} beside
 * @param {...import('./element.js').Child} inside
 */
export function card(title, beside, ...inside) {
  return element('section', { class: 'card' }, element('div', { class: 'card-top' }, element('h2', {}, title), beside), inside);
}

/** @param {Series[]} series */
function legend(series) {
  return element('ul', { class: 'legend' }, series.map(({ name, kind }) =>
    element('li', {}, drawing('svg', { viewBox: '0 0 10 10', width: 10, height: 10, 'aria-hidden': 'true' }, drawing('rect', { class: `fill-${kind}`, width: 10, height: 10, rx: 2 })), name)));
}

/** @param {string} title @param {string[]} heads @param {(string | number)[][]} rows */
function asTable(title, heads, rows) {
  return element('details', { class: 'fold as-table' }, element('summary', {}, 'As a table'),
    element('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': `${title} as a table` },
      element('table', {}, element('thead', {}, element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, head)))),
        element('tbody', {}, rows.map(([first, ...rest]) => element('tr', {}, element('th', { scope: 'row' }, first), rest.map((cell) => element('td', {}, cell))))))));
}

/** A round number at or above. @param {number} value */
function ceiling(value) {
  if (value <= 4) return 4;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value) ?? value;
}

/** A few of the days, evenly. @param {any[]} days */
function marks(days) {
  if (days.length <= 7) return days.map((day) => day.date);
  return [0, 1, 2, 3, 4].map((place) => days[Math.round((place * (days.length - 1)) / 4)].date);
}
