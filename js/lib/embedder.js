'use strict';
// The JavaScript side of an embedder: texts in, one row of numbers each out.

const { NexusError, STATUS_OF, invalid } = require('./error.js');
const { isFloat32Array, object, wrong } = require('./encode.js');

// Checks the option `embedder`: {name, dim, embed?}.
function check(embedder) {
  if (embedder === undefined) return undefined;
  object(embedder, 'embedder');
  if (embedder.embed !== undefined && typeof embedder.embed !== 'function') throw wrong('embedder.embed', 'a function', embedder.embed);
  return embedder;
}

// The rows of `count` texts as one Float32Array of count x dim numbers.
function rows(value, count, dim) {
  if (isFloat32Array(value)) {
    if (value.length !== count * dim) throw new NexusError('dimension', `the embedder gave ${value.length} numbers for ${count} texts of ${dim}`);
    return value;
  }
  if (!Array.isArray(value)) throw wrong('the embedder\'s result', 'a Float32Array or an array of vectors', value);
  if (value.length !== count) throw invalid(`the embedder gave ${value.length} vectors for ${count} texts`);
  const flat = new Float32Array(count * dim);
  value.forEach((row, i) => {
    if (row?.length !== dim) throw new NexusError('dimension', `the embedder gave a vector of ${row?.length} numbers, want ${dim}`);
    flat.set(row, i * dim);
  });
  return flat;
}

// What to say of anything that was thrown, even of what throws when it is looked at.
function messageOf(error) {
  try {
    return String(error?.message ?? error).toWellFormed();
  } catch {
    return 'the embedder threw a value that cannot be shown';
  }
}

// The function that the addon calls: (texts, ticket) => void. It ends every ticket, with rows or
// with what was thrown; an error that is none of ours counts as 'unavailable'.
function wrap(native, { embed, dim }) {
  const fail = (ticket, error) =>
    native.embedded(ticket, error instanceof NexusError ? error.status : STATUS_OF.unavailable, messageOf(error));
  const give = (ticket, texts, value) => native.embedded(ticket, STATUS_OF.ok, '', rows(value, texts.length, dim));
  return (texts, ticket) => {
    new Promise((resolve) => resolve(embed(texts)))
      .then((value) => give(ticket, texts, value))
      .catch((error) => fail(ticket, error));
  };
}

module.exports = { check, wrap };
