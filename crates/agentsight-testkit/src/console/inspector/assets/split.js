/** A list with what is open beside it; on a narrow screen, one or the other. */

import { element } from './element.js';

export class Split {
  /**
   * @param {import('./window-list.js').WindowList<any>} list
   * @param {HTMLElement} listPane
   * @param {HTMLElement} detailPane
   * @param {string} kind the class
   */
  constructor(list, listPane, detailPane, kind) {
    /** @type {string | null} */
    this.id = null;
    this.list = list;
    this.listPane = listPane;
    this.detailPane = detailPane;
    this.element = element('div', { class: `split ${kind}`, 'data-detail': 'none' }, listPane, detailPane);
  }

  /** Shows what is open, or the list; the focus goes where the eye does. @param {string | null} id */
  show(id) {
    const before = this.id;
    this.id = id;
    this.element.dataset.detail = id === null ? 'none' : 'open';
    this.list.select(id ?? '');
    const isListSeen = this.listPane.offsetParent !== null;
    if (id === null && before !== null) this.list.takeFocus(before, this.detailPane);
    else if (id !== null && !isListSeen && !this.detailPane.contains(document.activeElement)) this.detailPane.focus({ preventScroll: true });
  }
}
