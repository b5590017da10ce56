/** What somebody thought of a conversation, a message or an agent. */

import { element, userText } from './element.js';
import { icon } from './icon.js';
import { isFilled, jsonTree } from './json-tree.js';
import { longText } from './long-text.js';

/**
 * @param {any} feedback as the service has it
 * @param {...import('./element.js').Child} about what it is about, where the place does not say so
 */
export function feedbackBox(feedback, ...about) {
  const kind = ['positive', 'negative'].includes(feedback.sentiment) ? feedback.sentiment : 'neutral';
  const facts = [['Topic', feedback.topic], ['Reason', feedback.reason]].filter(([, value]) => value);
  return element('div', { class: `feedback feedback-${kind}` }, icon('feedback'),
    element('div', {}, element('b', {}, `${feedback.sentiment ?? ''} feedback`), about,
      facts.map(([name, value]) => element('p', {}, `${name}: `, userText('span', value))),
      feedback.comment && longText('p', feedback.comment, 'feedback-words'),
      isFilled(feedback.metadata) && jsonTree('metadata', feedback.metadata)));
}
