// oidc-provider in two processes: client credentials and introspection, opaque tokens.
// With DATABASE_URL tokens are in PostgreSQL, and the client too, so that it can be changed without a restart, as it can
// in Latchkey. Without it tokens are in the memory of each process, and the client is in the configuration.
import cluster from 'node:cluster';
import Provider from 'oidc-provider';

import { MemoryAdapter } from './memory.js';
import { PostgresqlAdapter, createTable } from './postgresql.js';

const { DATABASE_URL, PORT, CLIENT_ID, CLIENT_SECRET, PROCESSES } = process.env;

const client = {
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'groups',
};

const configuration = {
  adapter: DATABASE_URL ? PostgresqlAdapter : MemoryAdapter,
  clients: DATABASE_URL ? [] : [client],
  scopes: ['groups'],
  ttl: { ClientCredentials: 86400 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
};

if (cluster.isPrimary) {
  if (DATABASE_URL) {
    await createTable();
    await new PostgresqlAdapter('Client').upsert(CLIENT_ID, client);
  }
  for (let started = 0; started < Number(PROCESSES); started += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else {
  process.on('disconnect', () => process.exit());
  new Provider(`http://127.0.0.1:${PORT}`, configuration).listen(Number(PORT), '127.0.0.1');
}
