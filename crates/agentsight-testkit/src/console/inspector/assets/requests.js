import { element } from './element.js';
export class RequestsView { constructor() { this.element = element('div'); } show() {} }
