// What pages do, each function for one server (`target`): their own requests, those of a listed page, and attacks.
const who = (target, kind) => target.write + '?who=' + encodeURIComponent(target.key + '/' + kind);
const quiet = promise => promise.then(answer => answer.status || 'sent', () => 'failed');
function form(url, enctype, policy) {
  return new Promise(done => {
    const frame = document.createElement('iframe'), form = document.createElement('form'), input = document.createElement('input');
    frame.name = form.target = 'f' + Math.random().toString(36).slice(2);
    form.method = 'POST'; form.action = url; form.enctype = enctype;
    if (policy) { const meta = document.createElement('meta'); meta.name = 'referrer'; meta.content = policy; document.head.append(meta); }
    input.name = 'a'; input.value = '1';
    form.append(input); document.body.append(frame, form);
    frame.onload = () => done('sent'); setTimeout(() => done('late'), 4000);
    form.submit();
  });
}
function sandboxed(url) {
  return new Promise(done => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts allow-forms';
    frame.srcdoc = `<form method="POST" action="${url}"><input name="a"></form><script>document.forms[0].submit()<` + '/script>';
    frame.onload = () => done('sent'); setTimeout(() => done('late'), 4000);
    document.body.append(frame);
  });
}
function socket(target, kind) {
  return new Promise(done => {
    const socket = new WebSocket(target.socket + '?who=' + encodeURIComponent(target.key + '/' + kind));
    let opened = false;
    socket.onopen = () => { opened = true; socket.close(); };
    socket.onclose = () => done(opened ? 'opened' : 'refused'); setTimeout(() => done('late'), 4000);
  });
}
function xhr(url) {
  return new Promise(done => {
    const xhr = new XMLHttpRequest();
    xhr.onloadend = () => done(xhr.status); xhr.open('POST', url);
    xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded'); xhr.send('a=1');
  });
}
const JSON_TYPE = {'Content-Type': 'application/json'};
async function attack(target) {
  const to = kind => who(target, kind), open = {method: 'POST', mode: 'no-cors', credentials: 'include'};
  return Object.fromEntries(await Promise.all(Object.entries({
    'form': form(to('form'), 'application/x-www-form-urlencoded'),
    'text form': form(to('text form'), 'text/plain'),
    'multipart form': form(to('multipart form'), 'multipart/form-data'),
    'sandboxed form': sandboxed(to('sandboxed form')),
    'text': quiet(fetch(to('text'), {...open, body: '{}'})),
    'typeless': quiet(fetch(to('typeless'), {...open, body: new Blob(['{}'])})),
    'json': quiet(fetch(to('json'), {method: 'POST', credentials: 'include', headers: JSON_TYPE, body: '{}'})),
    'put': quiet(fetch(to('put'), {method: 'PUT', credentials: 'include', body: 'x'})),
    'beacon': Promise.resolve(navigator.sendBeacon(to('beacon'), 'x')),
    'blob beacon': Promise.resolve(navigator.sendBeacon(to('blob beacon'), new Blob(['{}']))),
    'socket': socket(target, 'socket'),
  }).map(async ([kind, promise]) => [kind, await promise])));
}
async function own(target) {
  const to = kind => who(target, kind), all = {credentials: 'include'};
  const done = {
    'json': await quiet(fetch(to('json'), {...all, method: 'POST', headers: JSON_TYPE, body: '{}'})),
    'text': await quiet(fetch(to('text'), {...all, method: 'POST', body: 'x'})),
    'xhr': await xhr(to('xhr')),
    'put': await quiet(fetch(to('put'), {...all, method: 'PUT', body: 'x'})),
    'delete': await quiet(fetch(to('delete'), {...all, method: 'DELETE'})),
    'beacon': navigator.sendBeacon(to('beacon'), 'x'),
    'form': await form(to('form'), 'application/x-www-form-urlencoded'),
    'socket': await socket(target, 'socket'),
    'download': await quiet(fetch(target.download)),
  };
  if (target.metadata) done['no-referrer form'] = await form(to('no-referrer form'), 'application/x-www-form-urlencoded', 'no-referrer');
  return done;
}
async function listed(target) {
  const done = {
    'listed json': await quiet(fetch(who(target, 'listed json'), {method: 'POST', credentials: 'include', headers: JSON_TYPE, body: '{}'})),
    'listed put': await quiet(fetch(who(target, 'listed put'), {method: 'PUT', credentials: 'include', body: 'x'})),
    'listed socket': await socket(target, 'listed socket'),
  };
  // A form of an https page to plain http says "null" in Chromium and Firefox: nobody can trust that.
  if (target.form) done['listed form'] = await form(who(target, 'listed form'), 'application/x-www-form-urlencoded');
  return done;
}
async function throughWorker(target) {
  const registration = await navigator.serviceWorker.register('/.worker.js');
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) await new Promise(done => { navigator.serviceWorker.oncontrollerchange = done; });
  const found = {
    'worker json': await quiet(fetch(who(target, 'worker json'), {method: 'POST', headers: JSON_TYPE, body: '{}'})),
    'worker form': await form(who(target, 'worker form'), 'application/x-www-form-urlencoded'),
  };
  await registration.unregister();
  return found;
}
