'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { cpSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { folder, run } = require('./help.js');

const root = join(__dirname, '..');
const THREADS = `const threads = () => Number(/Threads:\\s+(\\d+)/.exec(require('fs').readFileSync('/proc/self/status', 'utf8'))[1]);`;

test('loading takes at most 30 ms and starts no thread; the library comes with the first store', (t) => {
  const program = `${THREADS}
    const mapped = () => /libnexus/.test(require('fs').readFileSync('/proc/self/maps', 'utf8'));
    const before = threads(); const start = performance.now();
    const nexus = require(${JSON.stringify(root)});
    const took = performance.now() - start;
    const idle = [threads() - before, mapped()];
    nexus.openSync(process.argv[1]).closeSync();
    console.log(JSON.stringify({ took, idle, busy: mapped() }));`;
  const took = [];
  for (let i = 0; i < 5; i++) {
    const out = JSON.parse(execFileSync(process.execPath, ['-e', program, join(folder(t), 's')], { encoding: 'utf8' }));
    assert.deepEqual([out.idle, out.busy], [[0, false], true]);
    took.push(out.took);
  }
  took.sort((a, b) => a - b);
  t.diagnostic(`require: median ${took[2].toFixed(1)} ms of ${took.map((x) => x.toFixed(1))}`);
  assert.ok(took[2] <= 30, `${took}`);
});

test('import and require give one module', (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(root, join(dir, 'node_modules', 'nexus-memory'));
  writeFileSync(join(dir, 'main.mjs'), `import { createRequire } from 'node:module';
    import * as nexus from 'nexus-memory';
    import { NexusError, open } from 'nexus-memory';
    const common = createRequire(import.meta.url)('nexus-memory');
    const db = await open('./store');
    await db.add('Ann moved to Oslo in May.');
    console.log(common.NexusError === NexusError, Object.keys(nexus).join() === Object.keys(common).sort().join(), db.querySync('Oslo').hits[0].text);
    await db.close();`);
  assert.equal(execFileSync(process.execPath, ['main.mjs'], { cwd: dir, encoding: 'utf8' }).trim(), 'true true Ann moved to Oslo in May.');
});

test('an open store does not keep the process alive, work under way does', (t) => {
  const { out, status } = run(`nexus.open(process.argv[1]).then((db) => {
    db.add('a').then(() => db.verify()).then(() => console.log('done'));
  });`, [join(folder(t), 's')]);
  assert.deepEqual([out, status], ['done', 0]);
});

test('a store that is left open is closed at the end: it opens again without repair', (t) => {
  const path = join(folder(t), 's');
  assert.equal(run(`const db = nexus.openSync(process.argv[1]); db.addSync(Array.from({ length: 300 }, (_, i) => 'text ' + i));`, [path]).status, 0);
  assert.equal(run(`console.log(nexus.openSync(process.argv[1]).statsSync().replayed)`, [path]).out, '0');
});

test('the process may end in the middle of everything', (t) => {
  for (const end of ['process.exit(5)', 'setImmediate(() => process.exit(5))', 'setTimeout(() => process.exit(5), 20)']) {
    for (let i = 0; i < 5; i++) {
      const path = join(folder(t), 's');
      const { status, signal, stderr } = run(`
        const { signal } = new AbortController();
        nexus.open(process.argv[1]).then(async (db) => {
          await db.add(Array.from({ length: 300 }, (_, i) => 'some text ' + i));
          for (let i = 0; i < 300; i++) { db.query('text'); db.query('text', { signal }); db.add('more'); db.verify(); }
          db.compact(); db.list().next(); nexus.open(process.argv[1] + '2');
          ${end};
        });`, [path]);
      assert.deepEqual([status, signal], [5, null], `${end}: ${stderr}`);
    }
  }
});

test('a forgotten store is closed some time', (t) => {
  const { out } = run(`
    const path = process.argv[1];
    (async () => {
      (() => nexus.openSync(path))();
      for (let i = 0; i < 100; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
        try { nexus.openSync(path).closeSync(); console.log('closed'); return; } catch (error) { if (error.code !== 'locked') throw error; }
      }
    })();`, [join(folder(t), 's')]);
  assert.equal(out, 'closed');
});

test('signals reach the program: SIGINT its handler, SIGTERM its end', (t) => {
  const ready = (rest) => `nexus.openSync(process.argv[1]).addSync('a'); ${rest}`;
  const int = run(ready(`process.on('SIGINT', () => { console.log('heard'); process.exit(0); }); setTimeout(() => process.kill(process.pid, 'SIGINT'), 20); setTimeout(() => {}, 5000);`), [join(folder(t), 'a')]);
  assert.equal(int.out, 'heard');
  const term = run(ready(`setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20); setTimeout(() => {}, 5000);`), [join(folder(t), 'b')]);
  assert.equal(term.signal, 'SIGTERM');
  const program = `require(${JSON.stringify(root)}).openSync(process.argv[1]); process.stdout.on('error', (e) => { console.error(e.code); process.exit(0); }); setInterval(() => console.log('x'.repeat(1000)), 1);`;
  const pipe = spawnSync('sh', ['-c', '"$0" -e "$1" "$2" | head -1', process.execPath, program, join(folder(t), 'c')], { encoding: 'utf8', timeout: 10_000 });
  assert.equal(pipe.stderr.trim(), 'EPIPE');
});

test('NEXUS_LIBRARY names the library; what is wrong with it is told', (t) => {
  const library = join(require('../lib/platform.js').folder(), 'libnexus.so.1');
  const open = (value) => run(`try { nexus.openSync(process.argv[1]); console.log('open'); } catch (e) { console.log(e.code, e.message); }`, [join(folder(t), 's')], { env: { ...process.env, NEXUS_LIBRARY: value } }).out;
  const copy = join(folder(t), 'libother.so');
  cpSync(library, copy);
  assert.equal(open(copy), 'open');
  assert.match(open('/none.so'), /^unsupported .*\/none\.so/);
  assert.match(open('/lib/x86_64-linux-gnu/libm.so.6'), /^unsupported/);
});

test('a machine without built files gets advice, at open and not before', (t) => {
  const dir = folder(t);
  cpSync(join(root, 'lib'), join(dir, 'lib'), { recursive: true });
  const load = (prepare) => execFileSync(process.execPath, ['-e', `${prepare} const nexus = require(${JSON.stringify(join(dir, 'lib'))}); try { nexus.openSync('x'); } catch (e) { console.log(e.code, e.message); }`], { encoding: 'utf8' });
  assert.match(load(''), /^unsupported .*build\.js/);
  assert.match(load(`Object.defineProperty(process, 'platform', { value: 'win32' });`), /^unsupported .*Windows/);
  assert.match(load(`Object.defineProperty(process, 'platform', { value: 'darwin' });`), /^unsupported .*macOS/);
  assert.match(load(`Object.defineProperty(process, 'arch', { value: 's390x' });`), /^unsupported .*s390x/);
  assert.match(load(`process.report.getReport = () => ({ header: {} });`), /^unsupported .*musl/);
});

test('a child process can be started while a store is open', (t) => {
  const { out } = run(`const db = nexus.openSync(process.argv[1]); db.addSync('a');
    console.log(require('child_process').execFileSync(process.execPath, ['-e', 'console.log(1)'], { encoding: 'utf8' }).trim(), db.isOpen);`, [join(folder(t), 's')]);
  assert.equal(out, '1 true');
});

test('the addon exports the entry points of a context-aware one, and nothing else', () => {
  const symbols = spawnSync('nm', ['-D', '--defined-only', join(require('../lib/platform.js').folder(), 'nexus.node')], { encoding: 'utf8' });
  if (symbols.error) return;
  assert.deepEqual([...symbols.stdout.matchAll(/ T (\w+)/g)].map((m) => m[1]).sort(), ['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
});
