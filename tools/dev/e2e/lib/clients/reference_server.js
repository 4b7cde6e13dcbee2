// The routes of the cases on Node's server, whose handlers never read a request body.
// Usage: reference_server.js keep   drains the body after the response, as Node does
//        reference_server.js cut    drops the connection within the response head
'use strict';

const http = require('http');

const MAX_BODY_BYTES = 1048576;
const cuts = process.argv[2] === 'cut';

function statusOf({ method, url, headers }) {
  const [path] = url.split('?');
  if (path === '/') return method === 'GET' ? 200 : 405;
  if (path !== '/links') return 404;
  if (method === 'GET') return 200;
  return Number(headers['content-length']) > MAX_BODY_BYTES ? 413 : 415;
}

const server = http.createServer((request, response) => {
  if (cuts) {
    request.socket.write('HTTP/1.1 ', () => request.socket.destroy());
  } else {
    response.writeHead(statusOf(request));
    response.end('done\n');
  }
});
// A client that shut down its sending side still reads.
server.httpAllowHalfOpen = true;
server.listen(0, '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(JSON.stringify({ message: 'listening', address: `${address}:${port}` }));
});
