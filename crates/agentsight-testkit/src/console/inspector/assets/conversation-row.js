/** A conversation in the list. */

import { badge, badges } from './badge.js';
import { element, userText } from './element.js';
import { count, moment } from './format.js';
import { address } from './router.js';

/** The height of a row in pixels; the style sheet has the same. */
export const ROW_HEIGHT = 92;

/**
 * @param {any} conversation a lean row
 * @param {URLSearchParams} query kept in the address
 */
export function conversationRow(conversation, query) {
  const { id, name, conversation_id: text, excerpt } = conversation;
  const counts = [
    count(conversation.message_count, 'message'),
    conversation.action_count > 0 && count(conversation.action_count, 'action'),
  ];
  return element('a', { class: 'row', href: address('conversations', id, query), 'data-conversation': id },
    element('span', { class: 'row-top' },
      userText('span', name || text, 'row-title'),
      element('time', { class: 'row-time', datetime: conversation.started_at, title: conversation.started_at }, moment(conversation.started_at))),
    element('span', { class: 'row-middle' },
      excerpt ? userText('span', excerpt, 'row-excerpt') : element('span', { class: 'row-excerpt row-none' }, 'Nothing said yet'),
      element('span', { class: 'row-counts' }, counts.filter(Boolean).join(' · '))),
    element('span', { class: 'badges' },
      conversation.error_count > 0 && badge('negative', count(conversation.error_count, 'error'), 'warning'),
      badges(conversation),
      conversation.file_count > 0 && badge('plain', count(conversation.file_count, 'file'), 'file')));
}
