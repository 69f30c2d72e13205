'use strict';
// The one error class of the package. Wrong types of arguments are TypeErrors; everything that a
// correct program can meet is a NexusError.

const { STATUS } = require('./abi.js');

// Status numbers by name, such as STATUS_OF['not found'].
const STATUS_OF = Object.fromEntries(Object.entries(STATUS).map(([number, name]) => [name, Number(number)]));

class NexusError extends Error {
  // code is a name of abi.js's STATUS; retryable says that the same call may succeed later.
  constructor(code, message, { retryable = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = code === 'cancelled' ? 'AbortError' : 'NexusError';
    this.code = code;
    this.status = STATUS_OF[code];
    this.retryable = retryable;
  }
}

// The error of a call that the library refused; the addon calls it.
function fail(status, message, retryable) {
  return new NexusError(STATUS[status] ?? 'internal', message || STATUS[status] || `status ${status}`, { retryable });
}

const invalid = (message) => new NexusError('invalid', message);

module.exports = { NexusError, STATUS_OF, fail, invalid };
