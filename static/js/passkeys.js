// Passkeys: form[data-passkey] holds a hidden field "credential" and a button [data-passkey-button]; form or
// button are hidden where the browser cannot. data-passkey is "get" (prove who one is) or "create" (add a passkey);
// data-passkey-options is the id of the JSON in the page, else it is fetched from the form's own address.
const able = window.PublicKeyCredential?.parseCreationOptionsFromJSON;

async function optionsOf(form) {
  const inPage = document.getElementById(form.dataset.passkeyOptions);
  if (inPage) return JSON.parse(inPage.textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  return answer.json();
}

function create({ creation_options: { publicKey } }) {
  // One that can stand for the password: kept on the device, opened by a fingerprint, a face or a PIN
  Object.assign(publicKey.authenticatorSelection, {
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  });
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
}

function get({ request_options: { publicKey } }) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

async function run(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  problem.hidden = true;
  try {
    const options = await optionsOf(form);
    const credential = await (form.dataset.passkey === "create" ? create(options) : get(options));
    form.elements.credential.value = JSON.stringify(credential);
    form.requestSubmit();
  } catch {
    problem.hidden = false; // cancelled, timed out, or the device knows none for this site
  }
}

for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  const button = form.querySelector("[data-passkey-button]");
  form.hidden = button.hidden = false;
  button.addEventListener("click", () => run(form));
  for (const also of document.querySelectorAll("[data-passkey-also]")) also.hidden = false;
  for (const instead of document.querySelectorAll("[data-passkey-instead]")) instead.hidden = true;
}
