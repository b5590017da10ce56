/** Short facts about a conversation. */

import { element } from './element.js';
import { icon } from './icon.js';

const DEVICES = ['desktop', 'mobile', 'tablet'];

/**
 * @param {string} kind decides the colour
 * @param {string} words
 * @param {string | null} [drawing] the name of an icon
 */
export function badge(kind, words, drawing = null) {
  return element('span', { class: `badge badge-${kind}`, dir: 'auto' }, drawing && icon(drawing), element('span', {}, words));
}

/** What sets a conversation apart, the rare things first. @param {any} conversation */
export function badges(conversation) {
  const { environment, device, language } = conversation;
  const sentiments = conversation.sentiments ?? (conversation.feedbacks ?? []).map((/** @type {any} */ one) => one.sentiment);
  return [
    conversation.is_deleted && badge('deleted', 'deleted', 'trash'),
    conversation.is_marked && badge('marked', 'marked', 'star'),
    ...[...new Set(sentiments)].map((sentiment) => badge(known(sentiment), String(sentiment), 'feedback')),
    environment && badge(environment === 'production' ? 'production' : 'environment', environment),
    device && badge('plain', device, DEVICES.includes(device) ? device : 'other'),
    language && badge('plain', language),
    conversation.is_used === false && badge('plain', 'not used yet'),
  ];
}

/** @param {unknown} sentiment */
const known = (sentiment) => (['positive', 'negative'].includes(String(sentiment)) ? String(sentiment) : 'neutral');
