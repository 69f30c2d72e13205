'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const { memories, store } = require('./help.js');

test('while 1,000 questions run the event loop goes on', async (t) => {
  const db = store(t);
  db.addSync(memories(2000));
  await db.query('warm up');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(20);
  const asked = [];
  for (let i = 0; i < 1000; i++) {
    asked.push(db.query('guitar in oslo harbour'));
    if (i % 20 === 0) await sleep(0); // as requests come in to a server
  }
  await Promise.all(asked);
  delay.disable();
  const [p50, p99] = [50, 99].map((p) => delay.percentile(p) / 1e6);
  t.diagnostic(`event loop delay: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (timer resolution 1 ms included)`);
  assert.ok(p99 < 50, `${p99} ms`);
});
