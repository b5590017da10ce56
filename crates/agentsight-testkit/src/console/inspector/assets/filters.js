/** The documented conditions of a conversation list as a form (`GET /api/conversations/`). */

import { button, element } from './element.js';

/** @typedef {{label: string, name: string, kind: 'text' | 'choice' | 'time' | 'flag', choices?: [string, string][], hint?: string}} Field */

/** @type {Field[]} */
const FIELDS = [
  { label: 'Environment', name: 'environment', kind: 'choice', choices: [['', 'Any'], ['production', 'Production'], ['development', 'Development']] },
  { label: 'Device', name: 'device', kind: 'text', hint: 'desktop' },
  { label: 'Language', name: 'language', kind: 'text', hint: 'en' },
  { label: 'Name', name: 'name', kind: 'text', hint: 'part of its name' },
  { label: 'Conversation id', name: 'conversation_id', kind: 'text', hint: 'the whole id' },
  { label: 'Customer', name: 'customer_id', kind: 'text', hint: 'the whole customer id' },
  { label: 'Customer contains', name: 'customer_id__icontains', kind: 'text', hint: 'part of the customer id' },
  { label: 'Customer address', name: 'customer_ip_address', kind: 'text', hint: '203.0.113.7' },
  { label: 'Marked', name: 'is_marked', kind: 'choice', choices: [['', 'Any'], ['true', 'Marked'], ['false', 'Not marked']] },
  { label: 'Feedback', name: 'has_feedback', kind: 'choice', choices: [['', 'Any'], ['true', 'With feedback'], ['false', 'Without feedback']] },
  { label: 'Sentiment', name: 'feedback_sentiment', kind: 'choice', choices: [['', 'Any'], ['positive', 'Positive'], ['neutral', 'Neutral'], ['negative', 'Negative']] },
  { label: 'Messages', name: 'has_messages', kind: 'choice', choices: [['', 'Any'], ['true', 'With messages'], ['false', 'Without messages']] },
  { label: 'Actions', name: 'has_action', kind: 'choice', choices: [['', 'Any'], ['true', 'With actions'], ['false', 'Without actions']] },
  { label: 'Action', name: 'action_name', kind: 'text', hint: 'part of its name' },
  { label: 'Message contains', name: 'message_contains', kind: 'text' },
  { label: 'Metadata', name: 'metadata', kind: 'text', hint: 'user_tier:premium' },
  { label: 'Metadata key', name: 'metadata_key', kind: 'text', hint: 'with a value' },
  { label: 'Metadata value', name: 'metadata_value', kind: 'text', hint: 'may hold commas' },
  { label: 'Started after', name: 'started_at_after', kind: 'time' },
  { label: 'Started before', name: 'started_at_before', kind: 'time' },
  {
    label: 'Order', name: 'ordering', kind: 'choice',
    choices: [['', 'Newest first'], ['started_at', 'Oldest first'], ['-ended_at', 'Last active first'], ['customer_id', 'Customer'], ['language', 'Language'], ['-is_marked', 'Marked first'], ['id', 'Number']],
  },
  { label: 'Include deleted', name: 'include_deleted', kind: 'flag' },
];

/** The parameters that this form sets. */
export const PARAMETERS = FIELDS.map((field) => field.name);

/** How many conditions a query holds; an order is none. @param {URLSearchParams} query */
export const conditionsIn = (query) => PARAMETERS.filter((name) => name !== 'ordering' && query.get(name)).length;

/**
 * The form. Every change is told at once.
 * @param {(conditions: URLSearchParams) => void} onChange
 */
export function filterForm(onChange) {
  /** @type {Map<Field, HTMLInputElement | HTMLSelectElement>} */
  const controls = new Map();
  const tell = () => onChange(read(controls));
  const fields = FIELDS.map((field) => {
    const made = control(field);
    controls.set(field, made);
    made.addEventListener(field.kind === 'text' ? 'input' : 'change', tell);
    const label = element('label', { for: made.id }, field.label);
    return element('div', { class: `field field-${field.kind}` }, field.kind === 'flag' ? [made, label] : [label, made]);
  });
  const clear = button('Clear filters', () => {
    write(controls, new URLSearchParams());
    tell();
  });
  const form = element('form', {
    class: 'filters', id: 'filters', 'aria-label': 'Filters', hidden: true, autocomplete: 'off',
    on: { submit: (event) => event.preventDefault() },
  }, element('div', { class: 'fields' }, fields), clear);
  return {
    form,
    /** Shows the conditions of a query. @param {URLSearchParams} query */
    show(query) {
      write(controls, query);
    },
  };
}

/** @param {Field} field @returns {any} */
function control(field) {
  const id = `filter-${field.name}`;
  switch (field.kind) {
    case 'choice':
      return element('select', { id, name: field.name },
        (field.choices ?? []).map(([value, words]) => element('option', { value }, words)));
    case 'flag':
      return element('input', { id, name: field.name, type: 'checkbox' });
    case 'time':
      return element('input', { id, name: field.name, type: 'datetime-local', step: 1 });
    default:
      return element('input', { id, name: field.name, type: 'text', placeholder: field.hint, spellcheck: 'false' });
  }
}

/** @param {Map<Field, any>} controls */
function read(controls) {
  const query = new URLSearchParams();
  for (const [field, made] of controls) {
    if (field.kind === 'flag') {
      if (made.checked) query.set(field.name, 'true');
      continue;
    }
    const value = made.value.trim();
    if (value === '') continue;
    if (field.kind === 'time') {
      const time = new Date(value);
      if (!Number.isNaN(time.getTime())) query.set(field.name, time.toISOString());
    } else {
      query.set(field.name, value);
    }
  }
  return query;
}

/** A control that somebody types in is left alone. @param {Map<Field, any>} controls @param {URLSearchParams} query */
function write(controls, query) {
  for (const [field, made] of controls) {
    const value = query.get(field.name) ?? '';
    if (field.kind === 'flag') made.checked = value === 'true';
    else if (field.kind === 'time') made.value = value === '' ? '' : localTime(value);
    else if (field.kind === 'choice') made.value = value;
    else if (made.value.trim() !== value) made.value = value;
  }
}

/** A time as `datetime-local` has it. @param {string} value */
function localTime(value) {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return '';
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
