/** Builds elements. Text stays text: children become text nodes, and only the attributes below can be set. */

const ATTRIBUTES = new Set([
  'alt', 'autocomplete', 'checked', 'class', 'colspan', 'datetime', 'dir', 'disabled', 'download', 'for', 'height',
  'hidden', 'href', 'id', 'lang', 'loading', 'max', 'min', 'name', 'open', 'placeholder', 'role', 'scope', 'selected',
  'spellcheck', 'src', 'step', 'tabindex', 'title', 'type', 'value', 'width',
]);

const DRAWING = new Set([
  'class', 'cx', 'cy', 'd', 'fill', 'height', 'points', 'r', 'role', 'rx', 'stroke', 'text-anchor', 'transform',
  'viewBox', 'width', 'x', 'x1', 'x2', 'y', 'y1', 'y2', 'preserveAspectRatio', 'focusable',
]);

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */
/** @typedef {Record<string, (event: any) => void>} Listeners */

/**
 * An HTML element. An attribute that is `null`, `undefined` or `false` is left out.
 * @param {string} tag
 * @param {{[name: string]: Attributes[string] | Listeners, on?: Listeners}} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  const { on, ...plain } = attributes;
  set(made, /** @type {Attributes} */ (plain), ATTRIBUTES);
  for (const [event, listener] of Object.entries(on ?? {})) made.addEventListener(event, listener);
  append(made, children);
  return made;
}

/**
 * An element of a drawing.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  set(made, attributes, DRAWING);
  append(made, children);
  return made;
}

/**
 * Puts children in the place of what an element held.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * A text of a user: shown as it is, in its own direction.
 * @param {string} tag
 * @param {unknown} text
 * @param {string} [name] the class
 */
export function userText(tag, text, name) {
  return element(tag, { dir: 'auto', class: name }, String(text ?? ''));
}

/**
 * A button.
 * @param {string} label
 * @param {(event: Event) => void} press
 * @param {Attributes} [attributes]
 */
export function button(label, press, attributes = {}) {
  return /** @type {HTMLButtonElement} */ (element('button', { type: 'button', class: 'button', ...attributes, on: { click: press } }, label));
}

/** @param {Element} made @param {Attributes} attributes @param {Set<string>} allowed */
function set(made, attributes, allowed) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (!allowed.has(name) && !name.startsWith('aria-') && !name.startsWith('data-')) {
      throw new Error(`The attribute ${name} is not among those that are set here.`);
    }
    if (name === 'href' && !/^(#|\/__testkit\/)/.test(String(value))) throw new Error('A link stays on this page.');
    if (name === 'src' && !String(value).startsWith('/__testkit/')) throw new Error('An image comes from here.');
    made.setAttribute(name, value === true ? '' : String(value));
  }
}

/** @param {Element} parent @param {(Child | Child[])[]} children */
function append(parent, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}
