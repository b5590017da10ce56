import { element } from './element.js';
export class AuditView { constructor() { this.element = element('div'); } show() {} }
