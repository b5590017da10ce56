/** JSON for the eye, token by token: every number, every repeated key and every escape stays as it was written. */

/** Deeper than this, lines no longer move to the right: a thousand brackets would be a million spaces. */
const DEEPEST = 40;

/** The text on lines of their own, or as it is where it is no JSON. @param {string} text */
export function indented(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  /** @type {string[]} */
  const parts = [];
  let depth = 0;
  const line = () => `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
  let place = 0;
  while (place < text.length) {
    const end = tokenEnd(text, place);
    const token = text.slice(place, end);
    place = end;
    if (token.trim() === '') continue;
    if (token === '{' || token === '[') {
      const next = skipSpace(text, place);
      if (text[next] === '}' || text[next] === ']') {
        parts.push(token, text[next]);
        place = next + 1;
      } else {
        depth += 1;
        parts.push(token, line());
      }
    } else if (token === '}' || token === ']') {
      depth -= 1;
      parts.push(line(), token);
    } else if (token === ',') {
      parts.push(token, line());
    } else {
      parts.push(token === ':' ? ': ' : token);
    }
  }
  return parts.join('');
}

/** Where the token ends that begins there: a string, a mark, white space, or a number or word. @param {string} text @param {number} place */
function tokenEnd(text, place) {
  if (text[place] === '"') return stringEnd(text, place);
  if ('{}[],:'.includes(text[place])) return place + 1;
  if (isSpace(text[place])) return skipSpace(text, place);
  let end = place + 1;
  while (end < text.length && !'{}[],:"'.includes(text[end]) && !isSpace(text[end])) end += 1;
  return end;
}

/** @param {string} text @param {number} place */
function stringEnd(text, place) {
  let end = place;
  do {
    end = text.indexOf('"', end + 1);
  } while (isEscaped(text, end));
  return end + 1;
}

/** Whether an odd number of backslashes stands before it. @param {string} text @param {number} place */
function isEscaped(text, place) {
  let first = place;
  while (text[first - 1] === '\\') first -= 1;
  return (place - first) % 2 === 1;
}

/** @param {string} text @param {number} place */
function skipSpace(text, place) {
  while (place < text.length && isSpace(text[place])) place += 1;
  return place;
}

/** @param {string} one */
const isSpace = (one) => one === ' ' || one === '\n' || one === '\r' || one === '\t';
