/** Small line drawings; each stands beside words or has a title, so none is read out by itself. */

import { drawing } from './element.js';

/** @type {Record<string, string>} */
const PATHS = {
  back: 'M10 3 5 8l5 5',
  check: 'M3 8.500l3.5 3.500L13 5',
  close: 'M4 4l8 8M12 4l-8 8',
  code: 'M5.5 4.5 2 8l3.5 3.500M10.5 4.5 14 8l-3.5 3.5',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  desktop: 'M2 3h12v8H2zM6 14h4M8 11v3',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M3 13.500h10',
  feedback: 'M2.5 3h11v8H8l-3.5 3v-3h-2z',
  file: 'M4 1.500h5l3.5 3.500v9.500h-8.500zM9 1.500V5h3.5',
  filter: 'M2 3h12L9.5 8.500V13l-3 1.500v-6z',
  mobile: 'M5 1.500h6v13H5zM7.5 12.200h1',
  other: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM2 8h12M8 2c4 4 4 8 0 12M8 2c-4 4-4 8 0 12',
  person: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14.500c.5-3.5 3-4.5 5.5-4.500s5 1 5.5 4.5',
  press: 'M6 7V2.800a1.2 1.2 0 0 1 2.4 0V7l3.6.8c1 .3 1.3 1 1.1 2L12.5 14h-6L3.5 9.800c-.6-1 .6-1.9 1.5-1.100l1 1z',
  search: 'M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5 14 14',
  star: 'M8 1.800l1.9 4 4.3.5-3.2 3 .9 4.300L8 11.500l-3.9 2.1.9-4.3-3.2-3 4.3-.5z',
  tablet: 'M3.5 1.500h9v13h-9zM7.3 12.300h1.4',
  tokens: 'M8 2c3.3 0 6 1 6 2.300S11.3 6.6 8 6.6 2 5.6 2 4.3 4.7 2 8 2zM2 4.300v7.400C2 13 4.7 14 8 14s6-1 6-2.300V4.300M2 8c0 1.3 2.7 2.3 6 2.300S14 9.3 14 8',
  tool: 'M13.8 4.200a3.6 3.6 0 0 1-4.9 4.500L4.6 13a1.7 1.7 0 0 1-2.4-2.400l4.3-4.300A3.6 3.6 0 0 1 11 1.400L8.8 3.600l.4 2.2 2.2.4z',
  trash: 'M2.5 4h11M6 4V2.200h4V4M4 4l.7 10h6.600L12 4',
  warning: 'M8 2 1.8 13.500h12.400zM8 6.500v3.300M8 11.500v.6',
};

/**
 * The drawing of that name.
 * @param {string} name
 */
export function icon(name) {
  return drawing('svg', { class: `icon icon-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    drawing('path', { d: PATHS[name] ?? PATHS.other }));
}
