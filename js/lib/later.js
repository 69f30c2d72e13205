'use strict';
// Operations as Promises, by one of two ways.
//
// `quickly`: on libuv's pool, for what is short. `later`: as a job of the library, for what takes
// long, waits for an embedder, or is to be cancelled; whatever has a signal goes that way.

const { wrong } = require('./encode.js');
const { NexusError } = require('./error.js');
const { native } = require('./native.js');

const PROGRESS_MS = 100; // between two calls of onProgress

// Signals of other realms, and of polyfills, count too.
const isSignal = (value) => typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function';

function signalOf(options) {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null) throw wrong('options', 'an object', options);
  const { signal } = options;
  if (signal !== undefined && !isSignal(signal)) throw wrong('signal', 'an AbortSignal', signal);
  if (signal?.aborted) throw new NexusError('cancelled', 'cancelled before it began', { cause: signal.reason });
  return signal;
}

// What to call when a signal is aborted. One listener a signal, however many calls it has: ten
// listeners would make Node warn of a leak.
const cancels = new WeakMap();

function onAbort(signal, cancel) {
  let all = cancels.get(signal);
  if (!all) {
    cancels.set(signal, (all = new Set()));
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
  }
  all.add(cancel);
  return () => all.delete(cancel);
}

function quickly(operation, options) {
  if (signalOf(options) !== undefined) return later(operation, options);
  return operation(native().work);
}

async function later(operation, options) {
  const signal = signalOf(options);
  const onProgress = options?.onProgress;
  if (onProgress !== undefined && typeof onProgress !== 'function') throw wrong('onProgress', 'a function', onProgress);
  const [promise, ticket] = operation(native().submit);
  return signal || onProgress ? watch(promise, ticket, signal, onProgress) : promise;
}

// Cancels the job when the signal says so, and tells of its progress.
async function watch(promise, ticket, signal, onProgress) {
  let failure; // what onProgress threw
  const cancel = () => native().cancel(ticket);
  const tell = () => {
    const progress = native().progress(ticket);
    if (progress === undefined || failure !== undefined) return;
    try {
      onProgress({ done: progress[0], total: progress[1] });
    } catch (error) {
      failure = { error };
      cancel();
    }
  };
  const timer = onProgress && setInterval(tell, PROGRESS_MS);
  const forget = signal && onAbort(signal, cancel);
  try {
    return await promise;
  } catch (error) {
    if (error.code === 'cancelled' && failure !== undefined) throw failure.error;
    if (error.code === 'cancelled' && signal?.aborted) error.cause = signal.reason;
    throw error;
  } finally {
    clearInterval(timer);
    forget?.();
  }
}

module.exports = { later, quickly };
