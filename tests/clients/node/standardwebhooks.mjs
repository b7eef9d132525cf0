// What the standardwebhooks package makes of deliveries: `node standardwebhooks.mjs JSON` takes a list of
// {secret, headers, body} and prints a list of "good" or the error's message.

import { Webhook } from "standardwebhooks";

const verdict = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return "good";
  } catch (error) {
    return error.message;
  }
};

console.log(JSON.stringify(JSON.parse(process.argv[2]).map(verdict)));
