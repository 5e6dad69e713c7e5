// Where a sign-in page may send a person back to.

/**
 * The address if it is one we may go back to, else null. Origins are compared after parsing, never as text:
 * `http://app.example@evil.example`, `//evil.example` and `javascript:` all look harmless to a prefix test.
 */
export function safeReturn(address, origins) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return origins.includes(url.origin) && !url.username && !url.password ? url.href : null;
}
