/**
 * A text as one word of a POSIX shell, whatever it holds.
 * @param {string} text
 */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
