/** What a newcomer sees: the next step. */

import { button, element } from './element.js';
import { get } from './service.js';

/** The two variables to export, and a first message in two ways. */
export function welcome() {
  const box = element('div', { class: 'welcome' }, element('h1', {}, 'Waiting for the first conversation'),
    element('p', {}, 'Point any AgentSight client at this server. What it sends shows up here at once.'));
  get('inspector/about').then((about) => {
    box.append(
      step('Export the endpoint and a key', `export AGENTSIGHT_API_ENDPOINT=${about.endpoint}\nexport AGENTSIGHT_API_KEY=${about.api_key}`),
      step('Send a first message', [
        'curl -sS "$AGENTSIGHT_API_ENDPOINT/api/track/" \\',
        '  -H "Authorization: Api-Key $AGENTSIGHT_API_KEY" \\',
        "  -H 'Content-Type: application/json' \\",
        '  -d \'{"conversation_id": "hello", "sender": "end_user", "content": "Hello!"}\'',
      ].join('\n')),
      step('Or from Rust', [
        'use agentsight_http_blocking::AgentSight;',
        '',
        'let sight = AgentSight::from_env()?;',
        'let chat = sight.conversation("hello")?;',
        'chat.track_human_message("Hello!")?;',
        'chat.track_agent_message("Hello! How can I help?")?;',
        'chat.send()?;',
      ].join('\n')));
  }, (error) => box.append(element('p', { class: 'problem' }, error.message)));
  return box;
}

/** @param {string} title @param {string} code */
function step(title, code) {
  const copy = button('Copy', () => navigator.clipboard.writeText(code).then(() => { copy.textContent = 'Copied'; }), { class: 'button button-small', 'aria-label': `Copy: ${title}` });
  return element('section', { class: 'step' },
    element('div', { class: 'step-top' }, element('h2', {}, title), copy),
    element('pre', { class: 'block' }, element('code', {}, code)));
}
