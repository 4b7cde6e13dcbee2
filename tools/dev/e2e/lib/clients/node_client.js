// Sends requests with Node's http.Agent and keepAlive, and counts the outcomes.
// Usage: node_client.js COUNT < CASES; cases and output as in python_clients.py
'use strict';

const http = require('http');
const readline = require('readline');

const agent = new http.Agent({ keepAlive: true });
const count = Number(process.argv[2]);

function send(method, url, size, contentType) {
  const body = Buffer.alloc(Number(size), 'x');
  const headers = { 'content-length': body.length, 'content-type': contentType };
  return new Promise((resolve) => {
    const failed = (error) => resolve(error.code || error.message);
    const request = http.request(url, { agent, method, headers, timeout: 10000 }, (response) => {
      response.on('error', failed);
      response.on('end', () => resolve(response.statusCode));
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', failed);
    request.end(body);
  });
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const outcomes = new Map();
    for (let sent = 0; sent < count; sent += 1) {
      const outcome = await send(...line.split(' '));
      outcomes.set(outcome, (outcomes.get(outcome) || 0) + 1);
    }
    console.log(`${line}: ${[...outcomes].map(([outcome, times]) => `${times} x ${outcome}`).join(', ')}`);
  }
  agent.destroy();
}

main();
