// Reads whatever comes and says so. Argument: port.
import { createServer } from 'node:http';

createServer((req, res) => {
  req.on('end', () => res.end('read\n'));
  req.resume();
}).listen(Number(process.argv[2]), '127.0.0.1');
