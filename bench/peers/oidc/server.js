// oidc-provider in two processes: client credentials and introspection, opaque tokens in PostgreSQL.
// The client is kept in PostgreSQL too, so that it can be changed without a restart, as it can in Latchkey.
import cluster from 'node:cluster';
import Provider from 'oidc-provider';

import { PostgresqlAdapter, createTable } from './postgresql.js';

const { PORT, CLIENT_ID, CLIENT_SECRET, PROCESSES } = process.env;

const client = {
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'groups',
};

const configuration = {
  adapter: PostgresqlAdapter,
  scopes: ['groups'],
  ttl: { ClientCredentials: 86400 },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
};

if (cluster.isPrimary) {
  await createTable();
  await new PostgresqlAdapter('Client').upsert(CLIENT_ID, client);
  for (let started = 0; started < Number(PROCESSES); started += 1) cluster.fork();
  process.on('SIGTERM', () => process.exit());
} else {
  process.on('disconnect', () => process.exit());
  new Provider(`http://127.0.0.1:${PORT}`, configuration).listen(Number(PORT), '127.0.0.1');
}
