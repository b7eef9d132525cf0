// What openid-client makes of the server: `node openid_client.mjs ISSUER ID SECRET post|basic` prints one JSON object.

import * as client from "openid-client";

const [issuer, id, secret, way] = process.argv.slice(2);
const authentication = way === "post" ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
const server = await client.discovery(new URL(issuer), id, undefined, authentication, options);

const refused = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return [error.status, error.error ?? error.code];
  }
};

const granted = await client.clientCredentialsGrant(server, { scope: "groups" });
const before = await client.tokenIntrospection(server, granted.access_token);
const invalidScope = await refused(() => client.clientCredentialsGrant(server, { scope: "viber" }));
await client.tokenRevocation(server, granted.access_token);
const after = await client.tokenIntrospection(server, granted.access_token);

const stranger = await client.discovery(new URL(issuer), id, undefined, client.ClientSecretPost("0".repeat(40)), options);
const invalidClient = await refused(() => client.clientCredentialsGrant(stranger));

console.log(JSON.stringify({ metadata: server.serverMetadata(), granted, before, invalidScope, after, invalidClient }));
