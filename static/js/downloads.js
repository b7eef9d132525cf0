// A file that is in the page itself, as a data: address. Browsers keep the addresses of what was downloaded, so
// such a one would leave its content, a secret, in their history; the address of a blob tells nothing.
for (const link of document.querySelectorAll('a[download][href^="data:"]')) {
  const text = decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1));
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
}
