import { element } from './element.js';
export class OverviewView { constructor() { this.element = element('div'); } show() {} }
